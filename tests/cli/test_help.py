import subprocess
import sys

import pytest

import handoff_sdk

COMMANDS = [
    "demo",
    "serve",
    "check",
    "keys",
    "keys add",
    "keys revoke",
    "tail",
    "nudge",
    "report",
    "doctor",
    "scenario",
    "scenario run",
    "hooks",
    "hooks check",
    "migrate",
    "migrate status",
    "migrate up",
    "migrate copy",
]


def python(code: str) -> subprocess.CompletedProcess[str]:
    """What a fresh interpreter says."""
    return subprocess.run(  # noqa: S603 - it is our own code
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def test_without_anything_it_says_what_there_is(shell):
    told = shell.run()
    assert (0, []) == (told.status, told.err)
    listed = {line.split()[0] for line in told.out[told.out.index("Commands:") + 1 :]}
    assert {command.split()[0] for command in COMMANDS} == listed


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(handoff, command):
    told = handoff(*command.split(), "--help")
    assert (0, []) == (told.status, told.err)
    assert told.out[0].startswith(f"Usage: handoff {command} ")
    assert told == handoff(*command.split(), "-h")


@pytest.mark.parametrize("command", ["serve", "keys", "tail", "nudge", "report", "doctor", "scenario", "migrate"])
def test_its_help_has_an_example(handoff, command):
    told = handoff(command, "--help")
    assert [] != [line for line in told.out if line.startswith("    ") and f"handoff {command} " in line]


def test_it_knows_its_version(handoff):
    assert (0, [f"handoff-sdk {handoff_sdk.__version__}"], []) == handoff("--version")


def test_help_does_not_wait_for_the_engine():
    heavy = {"aiohttp", "httpx", "pydantic", "rich", "sqlalchemy", "yaml"}
    asked = python(
        "import sys; sys.argv = ['handoff', '--help']\n"
        "from handoff_sdk.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print(sorted({heavy} & sys.modules.keys()))"
    )
    assert "[]" == asked.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("missing", "args"),
    [
        ("typer", ["demo"]),
        ("sqlalchemy", ["demo"]),
        ("yaml", ["serve", "--config", "/dev/null", "--data", "/dev/fd"]),
        ("psycopg", ["serve", "--store", "postgresql://db/desk", "--data", "/dev/fd"]),
    ],
)
def test_without_the_extra_it_says_what_to_install(missing, args):
    asked = python(
        f"import sys; sys.modules['{missing}'] = None; sys.argv = {['handoff', *args]}\n"
        "from handoff_sdk.cli import main\n"
        "main()"
    )
    extra = "postgres" if missing == "psycopg" else "server"
    told = f"handoff: {missing} is not installed, which the engine needs: pip install 'handoff-sdk[{extra}]'"
    assert (1, [told]) == (asked.returncode, asked.stderr.splitlines())


def test_ctrl_c_is_quiet(handoff, monkeypatch):
    def interrupted(*_args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("handoff_sdk.cli.app.run", interrupted)
    assert (130, [], []) == handoff("demo")


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("nonsense", "handoff: No such command 'nonsense'. Try 'handoff --help'."),
        ("serv", "handoff: No such command 'serv'. Did you mean 'serve'? Try 'handoff --help'."),
        ("serve --foo", "handoff serve: No such option: --foo. Try 'handoff serve --help'."),
        ("serve --config none.yaml", "handoff serve: Invalid value for '--config': file 'none.yaml' does not exist."),
        ("serve --port 99999", "handoff serve: Invalid value for '--port': "),
        ("keys add", "handoff keys add: Missing option '--role'. Choose from: bot, integrator, admin. Try"),
        ("keys add --role king", "handoff keys add: Invalid value for '--role': 'king' is not one of "),
        ("keys --data none", "handoff keys: Invalid value for --data: none is no data folder; 'handoff serve --data "),
        ("keys revoke", "handoff keys revoke: Missing argument 'ID'."),
        ("tail", "handoff tail: Missing option '--api-key' (env var: 'HANDOFF_API_KEY')."),
        ("tail --api-key k --after -1", "handoff tail: Invalid value for '--after': "),
        ("tail --api-key k --url ftp://x", "handoff: url is not an engine's address: "),
        ("doctor extra", "handoff doctor: Got unexpected extra argument"),
    ],
)
def test_what_is_given_wrongly_is_told_in_one_line(handoff, args, line):
    status, out, err = handoff(*args.split())
    assert (2, [], 1) == (status, out, len(err)), err
    assert line == err[0][: len(line)]
