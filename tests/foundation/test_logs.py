"""Lines of the log: JSON for machines, words for people, nothing lost."""

import io
import json
import logging.config

import pytest

from jejaring import logs

log = logs.Log("jejaring.example")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What goes to standard error."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    logger = logging.getLogger("jejaring.example")
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "propagate", False)
    return out


def shown(form: logging.Formatter) -> None:
    logging.getLogger("jejaring.example").handlers[0].setFormatter(form)


def test_a_message_is_one_line_of_json(written: io.StringIO) -> None:
    shown(logs.AsJson())
    log.warning("job failed", topic="mail", attempts=3, error='says "no"\n%s')
    (line,) = written.getvalue().splitlines()
    read = json.loads(line)
    assert (read["event"], read["level"]) == ("job failed", "warning")
    assert (read["topic"], read["attempts"]) == ("mail", 3)
    assert read["error"] == 'says "no"\n%s'
    assert read["timestamp"].endswith("+00:00")


def test_an_exception_is_told_with_its_way(written: io.StringIO) -> None:
    shown(logs.AsJson())
    try:
        int("broken")
    except ValueError as exc:
        log.exception("stumbled")
        caught = exc
    log.error("fault", caught, reference="ab12")
    for line in written.getvalue().splitlines():
        assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_people_read_words(written: io.StringIO) -> None:
    shown(logging.Formatter("%(levelname)s %(message)s"))
    log.warning("last use not written", key="jjk_1")
    assert written.getvalue() == "WARNING last use not written key='jjk_1'\n"


def test_messages_of_libraries_are_json_too(written: io.StringIO) -> None:
    shown(logs.AsJson())
    logging.getLogger("jejaring.example").error("no %s", "luck")
    assert json.loads(written.getvalue())["event"] == "no luck"


@pytest.mark.parametrize(("level", "kept"), [("error", "ERROR"), ("nonsense", "INFO")])
def test_the_level_is_a_setting(level: str, kept: str) -> None:
    for on_terminal in (True, False):
        made = logs.config(level, on_terminal=on_terminal)
        assert made["loggers"]["referrals"]["level"] == kept
        logging.config.DictConfigurator(made)
