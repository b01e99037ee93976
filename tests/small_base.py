"""A small, complete knowledge base that has no lint finding; tests break it in one place at a time."""

from __future__ import annotations

from pathlib import Path

from bot.i18n import LANGUAGES
from bot.knowledge.article import VARIANTS, text_hash
from bot.knowledge.writer import dump_yaml

TITLES = {"en": "Salary not paid", "ja": "給料がもらえない", "ne": "तलब पाइनँ", "my": "လစာ မရဘူး"}
BODIES = {
    "en": (
        "The company must pay you.\n\n1. Write down your hours.\n2. Go to the office.\n\n"
        "- {contact:office}\n\nYou have {fact:claim-time} to claim."
    ),
    "ja": "{会社|かいしゃ}は はらわなければ なりません。\n\n- {contact:office}\n\n{fact:claim-time}まで できます。",
    "ne": "कम्पनीले तलब दिनैपर्छ।\n\n- {contact:office}\n\nदाबी गर्न {fact:claim-time} पाउनुहुन्छ।",
    "my": "ကုမ္ပဏီက လစာပေးရပါမယ်။\n\n- {contact:office}\n\n{fact:claim-time} အတွင်း တောင်းနိုင်ပါတယ်။",
}
SEEDS = {
    "en": ["boss did not pay me in {}", "no salary since {}", "they owe me wages for {}"],
    "ja": ["{}の きゅうりょう もらって いない", "{}から はらって くれない", "給料が出ないまま{}です"],
    "ja-Latn": ["{} no kyuryo moraenai", "{} kara haratte kurenai", "kyuryo ga {} denai"],
    "ne": ["{} को तलब आएन", "{} देखि पैसा दिएको छैन", "साहुले {} को ज्याला रोक्यो"],
    "ne-Latn": ["{} ko talab aayena", "{} dekhi paisa diyeko xaina", "sahu le {} ko jyala rokyo"],
    "my": ["{} လစာ မရသေးဘူး", "{} ကတည်းက ပိုက်ဆံ မပေးဘူး", "သူဌေးက {} လုပ်ခ မရှင်းဘူး"],
    "my-Latn": ["{} la kha ma ya thay bu", "{} ka te ka pite san ma pay bu", "thu htay ka {} lote kha ma shin bu"],
}
MONTHS = {
    "en": ["May", "June", "July", "spring", "winter", "last year", "March", "autumn", "August"],
    "ja": ["5がつ", "6がつ", "せんげつ", "はる", "ふゆ", "きょねん", "3がつ", "あき", "8がつ"],
    "ja-Latn": ["gogatsu", "rokugatsu", "sengetsu", "haru", "fuyu", "kyonen", "sangatsu", "aki", "hachigatsu"],
    "ne": ["बैशाख", "जेठ", "असार", "दशैं", "तिहार", "पोहोर", "चैत", "भदौ", "कात्तिक"],
    "ne-Latn": ["baisakh", "jeth", "asar", "dashain", "tihar", "pohor", "chait", "bhadau", "kattik"],
    "my": ["မေလ", "ဇွန်လ", "ပြီးခဲ့တဲ့လ", "သင်္ကြန်", "ဆောင်းတွင်း", "မနှစ်က", "မတ်လ", "သြဂုတ်လ", "နွေရာသီ"],
    "my-Latn": [
        "may la",
        "june la",
        "pyi khe de la",
        "thingyan",
        "saung twin",
        "ma hnit ka",
        "mat la",
        "aw gote la",
        "nway yar thi",
    ],
}
PREPARED = {
    "meet": {
        "title": {"en": "Propose to meet", "ja": "会う", "ne": "भेट्ने", "my": "တွေ့ရန်"},
        "text": {
            "en": "Can we meet on {date} at {time}? {place}\n\n- {contact:office}",
            "ja": "{会|あ}いませんか。{date} {time} {place}\n\n- {contact:office}",
            "ne": "भेटौं? {date}, {time} {place}\n\n- {contact:office}",
            "my": "တွေ့ကြမလား။ {date} {time} {place}\n\n- {contact:office}",
        },
        "translation": {"by": "machine"},
    },
}
SOURCE = {"url": "https://www.mhlw.go.jp/", "title": "Ministry of Labour", "checked": "2026-11-01"}


def local(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


def write_article(root: Path, article_id: str = "work/unpaid-wages", word: str = "") -> Path:
    """Write one article; `word` goes into each phrase, so that two articles share none."""
    folder = root / "articles" / article_id
    (folder / "phrases").mkdir(parents=True)
    source = text_hash(TITLES["en"], BODIES["en"])
    article = {
        "sources": [SOURCE],
        "review_by": "2099-01-01",
        "contacts": ["office"],
        "related": [],
        "counter_card": {
            **local("My company does not pay me."),
            "ja": "{会社|かいしゃ}が お{金|かね}を はらいません。",
        },
        "revisions": [{"of": source, "grade": "meaning", "date": "2026-11-01"}],
    }
    (folder / "article.yaml").write_text(dates(dump_yaml(article)), encoding="utf-8")
    for language in LANGUAGES:
        front: dict[str, object] = {"title": TITLES[language]}
        if language == "en":
            front["written_by"] = "machine"
        else:
            front["translation"] = {"of": source, "by": "machine", "reviewed_by": None, "reviewed_on": None}
        (folder / f"{language}.md").write_text(f"---\n{dump_yaml(front)}---\n{BODIES[language]}\n", encoding="utf-8")
    for variant in VARIANTS:
        lines = [f"{seed.format(month)} {word}".strip() for seed in SEEDS[variant] for month in MONTHS[variant]]
        (folder / "phrases" / f"{variant}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_base(root: Path) -> Path:
    """Write the whole base to `root`, which is returned."""
    root.mkdir(parents=True)
    categories = [
        {"id": "work", "emoji": "💼", "title": local("Work"), "articles": ["unpaid-wages"]},
        {"id": "emergency", "emoji": "🆘", "title": local("Emergency")},
    ]
    contact = {
        "names": local("Labour office"), "phone": "03-0000-0000", "hours": local("Mon-Fri"), "languages": ["ja", "en"],
        "url": "https://www.mhlw.go.jp/", "cost": "free", "source": SOURCE, "checked": "2026-11-01",
        "status": "verified",
    }  # fmt: skip
    fact = {"type": "duration", "value": 3, "unit": "year", "source": SOURCE, "checked": "2026-11-01"}
    (root / "categories.yaml").write_text(dump_yaml(categories), encoding="utf-8")
    (root / "contacts.yaml").write_text(dates(dump_yaml({"office": contact})), encoding="utf-8")
    (root / "facts.yaml").write_text(dates(dump_yaml({"claim-time": fact})), encoding="utf-8")
    (root / "danger.yaml").write_text("attack: [work/unpaid-wages]\n", encoding="utf-8")
    (root / "prepared_messages.yaml").write_text(dump_yaml(PREPARED), encoding="utf-8")
    write_article(root)
    phrases = {
        "danger/attack": ["he has a knife help", "they are breaking the door now"],
        "danger/calm": ["my phone is dead", "a murder film"],
        "smalltalk/greeting": ["hello", "hi there"],
        "smalltalk/person": ["I want to talk to a person", "give me a human"],
        "out_of_scope": ["tell me a joke", "what is the weather"],
    }
    for folder, lines in phrases.items():
        (root / folder).mkdir(parents=True)
        (root / folder / "en.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def dates(text: str) -> str:
    """Unquote dates, as an editor types them."""
    return text.replace("'2026-11-01'", "2026-11-01").replace("'2099-01-01'", "2099-01-01")
