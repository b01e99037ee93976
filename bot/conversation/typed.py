"""Yes, no, numbers and language names as people type them instead of tapping."""

from __future__ import annotations

from typing import Final

from rapidfuzz import fuzz, process

from bot.i18n import BURMESE, ENGLISH, JAPANESE, NEPALI
from bot.language.folding import fold
from bot.messages import LanguageCode

_YES: Final = (
    "yes please|of course|alright|"
    "हो|हजुर|हुन्छ|अँ|हुन्छ हजुर|ठिक छ|ल|ho|hajur|huncha|hunxa|"
    "hunchha|hajur ho|thik cha|thik xa|la|"
    "ဟုတ်|ဟုတ်ကဲ့|ဟုတ်တယ်|အင်း|အေး|ရတယ်|ကောင်းပါပြီ|ရပါတယ်|လုပ်ပါ|hote|hote kae|hoke|hokae|houk|"
    "ya tal|inn|はい|うん|ええ|おねがいします|お願いします|そうです|いいです|hai|un|sou desu|onegaishimasu"
)
_NO: Final = (
    "no|n|nope|no thanks|no thank you|not now|don't|"
    "होइन|छैन|पर्दैन|नाइँ|नाइ|हुँदैन|हुन्न|hoina|haina|pardaina|hudaina|hunna|nai|chaina|"
    "xaina|"
    "မဟုတ်ဘူး|မလိုဘူး|မလိုပါဘူး|မရဘူး|မလုပ်နဲ့|ဟင့်အင်း|"
    "ma hote bu|ma hote buu|ma lo bu|ma lo buu|hin in|いいえ|いや|ちがいます|違います|"
    "いりません|だめ|けっこうです|iie|iya|chigaimasu|irimasen"
)
_CRIES: Final = (
    "110|119|sos|save me|rescue me|बचाउ|बचाऊ|बचाउनुस्|बचाउनुहोस्|मलाई बचाउनुस्|मलाई बचाउनुहोस्|गुहार|bachau|bachaunus|"
    "malai bachau|malai bachaunus|guhar|ကယ်ပါ|ကယ်ပါဦး|ကယ်ကြပါ|ကျွန်မကို ကယ်ပါ|ကျွန်တော့်ကို ကယ်ပါ|kal par|kel par|kae par|"
    "たすけて|助けて|助けてください|たすけてください|tasukete|tasukete kudasai"
)
_HELP: Final = (
    "please|pls|plz|please sir|कृपया|प्लिज|kripaya|pliz|おねがい|お願い|onegai|"
    "help|help me|help please|please help|please help me|i need help|can you help|can you help me|"
    "मद्दत|मद्दत गर्नुस्|मद्दत गर्नुहोस्|मलाई मद्दत गर्नुस्|सहयोग|सहयोग गर्नुस्|maddat|madat|malai maddat|sahayog|"
    "ကူညီပါ|ကူညီပါဦး|ကူညီပေးပါ|အကူအညီ|အကူအညီလိုတယ်|ku nyi par|ku nyi pay par|"
    "てつだって|手伝って|てつだってください|ヘルプ|こまっています|困っています|komatte imasu"
)
# What is said with a thumb, a heart or folded hands.
_THANKS: Final = frozenset("👍👌🙏🤝👏❤💙💚💛🧡💜🤍💕💖🥰😍😊🙂😀😃😄😁☺✅🌹🌷💐🫶")
_NUMBERS: Final = {
    1: "one|एक|ek|တစ်|တစ်ခု|tit|いち|ichi|ひとつ|first|पहिलो",
    2: "two|दुई|dui|နှစ်|hnit|に|ni|ふたつ|second|दोस्रो",
    3: "three|तीन|tin|သုံး|thone|さん|san|みっつ|third|तेस्रो",
    4: "four|चार|char|လေး|lay|よん|yon|し",
    5: "five|पाँच|panch|ငါး|ngar|ご|go",
}
_LANGUAGES: Final = {
    NEPALI: "nepali|नेपाली|nepal|नेपालीमा|ネパール語|ネパールご|နီပေါ|नेपाली भाषा",
    BURMESE: "burmese|myanmar|မြန်မာ|မြန်မာလို|ဗမာ|ဗမာလို|bamar|myanmar lo|bama lo|ミャンマー語|ミャンマーご|ビルマ語|बर्मेली",
    JAPANESE: "japanese|日本語|にほんご|nihongo|やさしい日本語|जापानी|ဂျပန်|ဂျပန်လို",
    ENGLISH: "english|eigo|英語|えいご|अंग्रेजी|अङ्ग्रेजी|angreji|အင်္ဂလိပ်|အင်္ဂလိပ်လို|english please",
}

# A name with one letter wrong, missing or too many is alike by this much; shorter words are too easily others.
ALIKE: Final = 82.0
MIN_GUESSED: Final = 5
MAX_GUESSED: Final = 12


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split("|"))


_YES_FORMS: Final = _folded(_YES) | frozenset(
    fold(word) for word in ["yes", "y", "yeah", "yep", "ya", "ok", "okay", "sure", "please"]
)
_NO_FORMS: Final = _folded(_NO)
_CRY_FORMS: Final = _folded(_CRIES)
_HELP_FORMS: Final = _folded(_HELP)
_NUMBER_FORMS: Final = {form: number for number, words in _NUMBERS.items() for form in _folded(words)}
_LANGUAGE_FORMS: Final = {form: code for code, words in _LANGUAGES.items() for form in _folded(words)}


def is_yes(normal_form: str) -> bool:
    """Whether a whole message means yes."""
    return normal_form in _YES_FORMS


def is_no(normal_form: str) -> bool:
    """Whether a whole message means no."""
    return normal_form in _NO_FORMS


def is_plain_reply(normal_form: str) -> bool:
    """Whether a whole message is a yes, a no, a number or the name of a language."""
    known = (_YES_FORMS, _NO_FORMS, _LANGUAGE_FORMS)
    return any(normal_form in forms for forms in known) or number_in(normal_form) is not None


def is_cry_for_help(text: str, normal_form: str) -> bool:
    """Whether somebody calls to be saved, with nothing said about from what."""
    return "🆘" in text or normal_form in _CRY_FORMS


def asks_for_help(normal_form: str) -> bool:
    """Whether a whole message asks for help and says nothing else."""
    return normal_form in _HELP_FORMS


def is_thanks(text: str) -> bool:
    """Whether a message without words says thank you or fine."""
    return any(character in _THANKS for character in text)


def number_in(normal_form: str) -> int | None:
    """The number a whole message consists of (1, १, ၁, 1., "one"), or None."""
    digits = normal_form.strip(" .)")
    if digits.isdecimal() and len(digits) <= 2:
        return int(digits)
    return _NUMBER_FORMS.get(normal_form)


def language_in(normal_form: str) -> LanguageCode | None:
    """The language a whole message names, with a letter wrong or not, or None."""
    found = _LANGUAGE_FORMS.get(normal_form)
    if found is None and MIN_GUESSED <= len(normal_form) <= MAX_GUESSED:
        likeliest = process.extractOne(normal_form, _LANGUAGE_FORMS.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
        found = _LANGUAGE_FORMS[likeliest[0]] if likeliest else None
    return found
