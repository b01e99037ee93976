"""Take every text of the interface into the template and the catalogues: `make locales`.

New texts stand untranslated in the catalogues until somebody writes them; texts no longer used are dropped.
The English catalogue holds each text as it is.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LOCALES = ROOT / "locales"
DOMAIN = "bot"
# `words` is a Translator called for a sentence, `plural` its method for counted things.
KEYWORDS: dict[str, tuple[int, ...] | None] = {"words": None, "plural": (1, 2)}


def extract_template() -> Catalog:
    """Every text of the program, sorted by where it stands."""
    template = Catalog(project="Tomoni", charset="utf-8")
    found = extract_from_dir(str(ROOT / "bot"), [("**.py", "python")], keywords=KEYWORDS)
    for name, line, message, comments, context in sorted(found, key=lambda item: item[:2]):
        template.add(message, None, [(f"bot/{name}", line)], auto_comments=comments, context=context)
    return template


def update_catalogues() -> list[str]:
    """Write template and catalogues. Returns `language: text` for every text still untranslated."""
    template = extract_template()
    with (LOCALES / f"{DOMAIN}.pot").open("wb") as file:
        write_po(file, template, width=0, omit_header=True, no_location=True)
    missing: list[str] = []
    for path in sorted(LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        language = path.parent.parent.name
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        # A catalogue takes the template's own messages in; each needs a template to itself.
        catalogue.update(extract_template(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        for message in catalogue:
            empty = not message.string or (isinstance(message.string, tuple) and not all(message.string))
            if message.id and empty and language == "en":
                message.string = message.id
            elif message.id and empty:
                missing.append(f"{language}: {message.id}")
        with path.open("wb") as file:
            write_po(file, catalogue, width=0, no_location=True)
    return missing


if __name__ == "__main__":
    for line in update_catalogues():
        print(line)
