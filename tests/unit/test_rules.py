"""Rule pages: their front matter and their examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stopcheck import rules
from stopcheck.rules import Example, PageError

if TYPE_CHECKING:
    from pathlib import Path

FRONT = "---\nsummary: It is `bad`: very\nseverity: error\nfix: safe\nsince: 0.1.0\naliases: [old-name, older]\n---\n"
BODY = """\
# some-rule

## Bad

### In a script

Some words.

```dockerfile title="Dockerfile"
FROM debian:12
# A comment.
ENTRYPOINT ["/start.sh"]
```

```sh title="start.sh" mode="644"
#!/bin/sh
  # finding: this one
  app
# not a heading
## nor this
```

### In a Dockerfile

```dockerfile title="Dockerfile" newline="crlf"
FROM debian:12
# finding: that one
CMD app
```

## Good

### In a Dockerfile

```dockerfile title="Dockerfile"
FROM debian:12
CMD ["app"]
```

## References
"""


def test_a_page() -> None:
    rule = rules.parse("some-rule", FRONT + BODY)
    assert (rule.name, rule.summary, rule.severity) == ("some-rule", "It is `bad`: very", "error")
    assert (rule.fix, rule.since, rule.aliases) == ("safe", "0.1.0", ("old-name", "older"))
    assert rule.text == BODY


@pytest.mark.parametrize(
    "page, complaint",
    [
        pytest.param("# x\n", "no front matter", id="none"),
        pytest.param(FRONT.replace("since: 0.1.0\n", ""), "since not given", id="missing"),
        pytest.param(FRONT.replace("since", "sinse"), "sinse", id="unknown"),
        pytest.param(FRONT.replace("fix: safe", "fix: safe\nfix: safe"), "each once", id="twice"),
        pytest.param(FRONT.replace("severity: error", "severity: bad"), "severity is one of", id="severity"),
        pytest.param(FRONT.replace("fix: safe", "fix: maybe"), "fix one of", id="fix"),
        pytest.param(FRONT.replace("[old-name, older]", "old-name"), "aliases is a list", id="aliases"),
    ],
)
def test_a_page_that_is_not_of_the_form(page: str, complaint: str) -> None:
    with pytest.raises(PageError, match=complaint):
        rules.parse("some-rule", page)


def test_examples() -> None:
    rule = rules.parse("some-rule", FRONT + BODY)
    script, dockerfile = rules.examples(rule, "Bad")
    assert script == Example(
        "In a script",
        {
            "Dockerfile": 'FROM debian:12\n# A comment.\nENTRYPOINT ["/start.sh"]\n',
            "start.sh": "#!/bin/sh\n  app\n# not a heading\n## nor this\n",
        },
        {"Dockerfile": 0o755, "start.sh": 0o644},
        (("start.sh", 2),),
    )
    assert dockerfile.files == {"Dockerfile": "FROM debian:12\r\nCMD app\r\n"}
    assert dockerfile.marks == (("Dockerfile", 2),)
    (good,) = rules.examples(rule, "Good")
    assert (good.title, good.marks) == ("In a Dockerfile", ())


@pytest.mark.parametrize(
    "body, complaint",
    [
        pytest.param("## Bad\n\n```sh\nx\n```\n", "without a `###` title", id="no heading"),
        pytest.param("## Bad\n\n### a\n\n```sh\nx\n```\n", "without a file name", id="no file name"),
        pytest.param('## Bad\n\n### a\n\n```sh title="x.sh"\nx\n```\n', "has no Dockerfile", id="no Dockerfile"),
        pytest.param('## Bad\n\n### a\n\n### a\n\n```sh title="x.sh"\nx\n```\n', "two examples", id="twice"),
    ],
)
def test_examples_that_are_not_of_the_form(body: str, complaint: str) -> None:
    with pytest.raises(PageError, match=complaint):
        rules.examples(rules.parse("some-rule", FRONT + body), "Bad")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "some-rule.md").write_text(FRONT + BODY)
    (tmp_path / "notes.txt").write_text("")
    monkeypatch.setattr(rules, "folder", lambda: str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_pages_are_found_by_name_and_by_alias() -> None:
    assert rules.names() == ("some-rule",)
    assert rules.load("some-rule").severity == "error"
    assert [rules.resolve(name) for name in ("some-rule", "old-name", "older")] == ["some-rule"] * 3
    with pytest.raises(KeyError):
        rules.resolve("nix")
    with pytest.raises(KeyError):
        rules.load("../some-rule")


def test_a_name_is_resolved_without_reading_a_page(folder: Path) -> None:
    (folder / "other.md").write_text("no page at all")
    assert rules.resolve("some-rule") == "some-rule"


def test_the_pages_of_an_installed_package_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "stopcheck"
    package.mkdir()
    monkeypatch.setattr(rules, "__file__", str(package / "rules.py"))
    assert rules.folder() == str(tmp_path / "rules")
    (package / "_rules").mkdir()
    assert rules.folder() == str(package / "_rules")
