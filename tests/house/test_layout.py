"""The house keeps its shape: names of files, sizes, signs on the doors."""

import ast
import re

from tests.house.survey import ROOT, WINGS, Source, rooms, sources

MAX_LINES = 400
MAX_FUNCTION = 50
MAX_ROOM = 12
# Rooms that have more files than a room should: each with its ceiling, which may only come down.
CROWDED = {
    "jejaring.web": 19,  # a toolkit: each file is one tool and knows little of the others
    "referrals.commissions": 18,  # a file for each thing that happens to what is owed
    "referrals.intake": 16,  # a file for each message about an order
}
# Other names for roles that have theirs: rules, models, shapes, api, pages, jobs, verbs, queries.
FORBIDDEN = {
    "utils", "util", "helpers", "helper", "common", "manager", "managers", "service", "services",
    "views", "view", "routes", "router", "routers", "handlers", "controllers", "schemas", "schema",
    "serializers", "dto", "types", "constants", "consts", "exceptions", "misc", "base", "core",
    "lib", "tasks", "repository", "repositories", "dao", "crud", "model", "rule", "shape", "job",
}  # fmt: skip
TOP = {
    "src", "referrals", "campaigns", "dashboards", "tests", "bench", "docs", "pyproject.toml",
    "Procfile", "Makefile", "README.md", "CHANGELOG.md", "requirements.lock",
    "requirements.run.lock",
}  # fmt: skip


def _bodies(source: Source) -> list[tuple[str, int]]:
    """Functions of a file with their length in lines."""
    return [
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_every_file_opens_with_what_it_is_for() -> None:
    assert [s.name for s in sources() if not ast.get_docstring(s.tree)] == []


def test_no_file_and_no_function_is_too_long() -> None:
    beside = [path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py")]
    files = [*(s.path for s in sources()), *beside]
    assert [f.name for f in files if f.read_text().count("\n") > MAX_LINES] == []
    long = [f"{s.name}: {f}" for s in sources() for f, n in _bodies(s) if n > MAX_FUNCTION]
    assert long == []


def test_files_are_named_for_their_role() -> None:
    shape = re.compile(r"__init__|__main__|[a-z][a-z0-9]*(_[a-z0-9]+)*")
    odd = [
        s.name
        for s in sources()
        if not shape.fullmatch(s.path.stem) or FORBIDDEN & set(s.path.stem.split("_"))
    ]
    assert odd == [], "use the house's word for this role"


def test_the_sign_of_a_room_is_prose_only() -> None:
    signs = [s for s in sources() if s.path.name == "__init__.py"]
    assert [s.name for s in signs if len(s.tree.body) != 1] == []
    without = [r for r, files in rooms().items() if not any(f in signs for f in files)]
    assert without == []


def test_tables_are_in_models() -> None:
    stray = [
        f"{s.name}: {node.name}"
        for s in sources()
        for node in s.tree.body
        if isinstance(node, ast.ClassDef)
        and "Model" in {ast.unparse(base) for base in node.bases}
        and s.path.name != "models.py"
    ]
    assert stray == []


def _lists(source: Source) -> set[str]:
    """Names that a file's top level assigns."""
    found: set[str] = set()
    for node in source.tree.body:
        if isinstance(node, ast.Assign):
            found |= {ast.unparse(t) for t in node.targets}
        elif isinstance(node, ast.AnnAssign):
            found.add(ast.unparse(node.target))
    return found


def test_json_routes_are_in_api_and_pages_in_dashboards() -> None:
    doors = [s for s in sources() if s.path.stem != "main"]
    routes = [s.name for s in doors if "ENDPOINTS" in _lists(s) and "api" not in s.path.stem]
    assert routes == []
    pages = [s.name for s in doors if "PAGES" in _lists(s) and "dashboards" not in s.room]
    assert pages == []


def test_verbs_are_functions_not_services() -> None:
    actor = re.compile(r".*(Service|Manager|Helper|Repository|Handler|Controller)")
    bad = [
        f"{s.name}: {node.name}"
        for s in sources()
        for node in ast.walk(s.tree)
        if isinstance(node, ast.ClassDef) and actor.fullmatch(node.name)
    ]
    assert bad == []


def test_no_room_is_crowded() -> None:
    counts = {r: sum(f.path.name != "__init__.py" for f in files) for r, files in rooms().items()}
    crowded = {r: n for r, n in counts.items() if n > CROWDED.get(r, MAX_ROOM)}
    assert crowded == {}


def test_nothing_new_lies_at_the_top() -> None:
    found = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
    ignored = {"data", "dist", "build", "htmlcov", "shots", "mutants", "uv.lock", "pylock.toml"}
    assert found - ignored <= TOP


def test_wings_hold_rooms_only() -> None:
    for wing in ("campaigns", "referrals", "dashboards"):
        assert [p.name for p in WINGS[wing].glob("*.py")] == ["__init__.py"]


def test_traps_of_the_orm_are_only_met_in_the_database_room() -> None:
    """Tortoise's own transactions and connections are for db/ alone (docs/decisions/0002)."""
    trap = re.compile(
        r"\b(in_transaction|get_or_create|update_or_create|generate_schemas|atomic)\("
    )
    assert [s.name for s in sources() if s.room != "jejaring.db" and trap.search(s.text)] == []


def test_only_the_edge_and_the_worker_catch_everything() -> None:
    allowed = {
        "src/jejaring/web/problems.py", "src/jejaring/jobs/worker.py", "src/jejaring/main.py",
        "src/jejaring/db/sqlite_engine.py",  # waits for the end of a cancelled one, then re-raises
    }  # fmt: skip
    broad = [
        f"{s.name}:{node.lineno}"
        for s in sources()
        for node in ast.walk(s.tree)
        if isinstance(node, ast.ExceptHandler)
        and s.name not in allowed
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node))
    ]
    assert broad == []


def test_time_and_chance_come_from_the_world() -> None:
    own = re.compile(r"\b(time\.time\(|datetime\.now|utcnow|date\.today|uuid4|os\.urandom)")
    real_seconds = {"src/jejaring/web/limits.py", "src/jejaring/web/shared_limits.py"}
    allowed = {"src/jejaring/world.py", *real_seconds}
    assert [s.name for s in sources() if s.name not in allowed and own.search(s.text)] == []
