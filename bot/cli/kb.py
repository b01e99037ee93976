"""`tomoni kb`: check, measure and exchange the knowledge base."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import sys
from pathlib import Path
from typing import Any

from bot.app import Understanding
from bot.conversation.evaluate import as_table, calibrate, judge, score
from bot.errors import TomoniError
from bot.i18n import LANGUAGES
from bot.knowledge.article import Article
from bot.knowledge.calibration import save_calibration
from bot.knowledge.coverage import coverage_table
from bot.knowledge.due import list_due
from bot.knowledge.exchange import export_articles, import_articles
from bot.knowledge.labelled import Labelled, read_labelled, split
from bot.knowledge.lint.run import lint
from bot.knowledge.loader import load_knowledge_base
from bot.knowledge.revise import record_revision, record_translation
from bot.partners.directory import load_directory
from bot.partners.lint import lint_partners
from bot.settings import Settings, load_settings

LABELLED = Path("tests/labelled")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("kb", help="check, measure and exchange the knowledge base")
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("lint", help="find what is wrong or unfinished").set_defaults(run=_lint)
    actions.add_parser("due", help="list what a person must check, worst harm first").set_defaults(run=_due)
    actions.add_parser("coverage", help="a Markdown table: articles, languages, length, phrases, state").set_defaults(
        run=_coverage
    )
    actions.add_parser("build", help="train what search needs, so that the next start is quick").set_defaults(
        run=_build
    )
    for name, run, help_text in (
        ("evaluate", _evaluate, "measure understanding on labelled messages"),
        ("calibrate", _calibrate, "choose the thresholds on labelled messages"),
    ):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("files", nargs="*", type=Path, help="labelled .jsonl files")
        action.set_defaults(run=run)
        if name == "evaluate":
            action.add_argument("--misses", action="store_true", help="also list what went wrong")
    export = actions.add_parser("export", help="write all articles to one JSON file")
    export.add_argument("file", type=Path)
    export.set_defaults(run=_export)
    importing = actions.add_parser("import", help="take articles in from a JSON file")
    importing.add_argument("file", type=Path)
    importing.set_defaults(run=_import)
    revise = actions.add_parser("revise", help="record that the English text of an article changed")
    revise.add_argument("article", help="its id, or all")
    revise.add_argument("--grade", choices=["typo", "wording", "meaning"], required=True)
    revise.set_defaults(run=_revise)
    translated = actions.add_parser("translated", help="record that a translation follows the English text")
    translated.add_argument("article", help="its id, or all")
    translated.add_argument("language", nargs="?", choices=[code for code in LANGUAGES if code != "en"])
    translated.set_defaults(run=_translated)


def _lint(_arguments: argparse.Namespace) -> int:
    settings = load_settings()
    knowledge_base = load_knowledge_base(settings.knowledge_base)
    directory = load_directory(settings.knowledge_base, settings.partners)
    findings = lint(knowledge_base, dt.date.today()) + lint_partners(directory, knowledge_base)
    for finding in findings:
        print(
            finding.as_line(
                settings.knowledge_base.resolve() if finding.path.is_absolute() else settings.knowledge_base
            )
        )
    errors = sum(finding.grade == "error" for finding in findings)
    print(f"{errors} errors, {len(findings) - errors} warnings", file=sys.stderr)
    return 1 if errors else 0


def _due(_arguments: argparse.Namespace) -> int:
    for item in list_due(load_knowledge_base(load_settings().knowledge_base), dt.date.today()):
        print(item.as_line())
    return 0


def _coverage(_arguments: argparse.Namespace) -> int:
    knowledge_base = load_knowledge_base(load_settings().knowledge_base)
    articles = knowledge_base.articles.values()
    reviewed = sum(text.is_reviewed for article in articles for text in article.texts.values())
    texts = sum(len(article.texts) for article in articles)
    print("# What the knowledge base covers\n")
    print("Written by `tomoni kb coverage > docs/coverage.md`.\n")
    print(f"{len(articles)} articles, {texts} texts, {reviewed} of them reviewed by a person.\n")
    print(coverage_table(knowledge_base, dt.date.today()))
    return 0


def _build(_arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    Understanding(load_settings(), quiet=False)
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    respondent = Understanding(load_settings(), quiet=False).respondent
    judged = judge(respondent, _measured_rows(arguments.files))
    print(as_table(score(judged)))
    if arguments.misses:
        for item in judged:
            row, turn = item.row, item.turn
            found = ", ".join(f"{one.id} {one.confidence:.2f}" for one in turn.found[:3])
            wrong = {
                "question": not item.is_top1,
                "urgent": turn.decision != "urgent",
                "calm": turn.decision == "urgent",
                "out_of_scope": turn.decision in ("answer", "urgent"),
                "human": turn.decision != "handover",
                "smalltalk": turn.decision != "smalltalk",
            }[row.kind]
            if wrong:
                print(f"{row.kind}\t{row.group}\t{turn.decision}\t{', '.join(row.expect)}\t{found}\t{row.question}")
    return 0


def _measured_rows(files: list[Path]) -> list[Labelled]:
    """A file somebody names is measured whole; of our own set, the half that calibration never sees."""
    return read_labelled(files) if files else split(read_labelled([LABELLED]))[1]


def _calibrate(arguments: argparse.Namespace) -> int:
    settings = load_settings()
    respondent = Understanding(settings, quiet=False).respondent
    calibration = calibrate(respondent, split(read_labelled(arguments.files or [LABELLED]))[0])
    path = save_calibration(settings.knowledge_base, calibration)
    print(f"{path}: {calibration}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    content = export_articles(load_knowledge_base(load_settings().knowledge_base))
    try:
        arguments.file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise TomoniError(f"{arguments.file}: cannot be written ({error.strerror})") from error
    return 0


def _import(arguments: argparse.Namespace) -> int:
    try:
        content = arguments.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TomoniError(f"{arguments.file}: cannot be read ({error})") from error
    for article_id in import_articles(content, load_settings().knowledge_base):
        print(article_id)
    return 0


def _revise(arguments: argparse.Namespace) -> int:
    for article in _chosen(load_settings(), arguments.article):
        if record_revision(article, arguments.grade, dt.date.today()):
            print(f"{article.id}: recorded as {arguments.grade}")
    return 0


def _translated(arguments: argparse.Namespace) -> int:
    for article in _chosen(load_settings(), arguments.article):
        languages = [arguments.language] if arguments.language else [code for code in article.texts if code != "en"]
        for language in languages:
            print(record_translation(article, language))
    return 0


def _chosen(settings: Settings, article_id: str) -> list[Article]:
    articles = load_knowledge_base(settings.knowledge_base).articles
    if article_id == "all":
        return list(articles.values())
    if article_id not in articles:
        raise TomoniError(f"there is no article {article_id}")
    return [articles[article_id]]
