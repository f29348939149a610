"""The scripted server as a process: `python -m tests.scripted_smtp --port-file FILE --books FILE --delay 10-30`.

Runs until SIGTERM or SIGINT. The port is in the port file as soon as the server listens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from pathlib import Path

from tests.scripted_smtp.books import Books
from tests.scripted_smtp.script import Rule
from tests.scripted_smtp.server import Extensions, ScriptedServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.scripted_smtp")
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--books", type=Path, required=True, help="appended to, one JSON object a line")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", default="0", help="milliseconds before each answer: 20 or 10-30")
    parser.add_argument("--rules", type=Path, help="a JSON list of Rule.to_json()")
    parser.add_argument("--extensions", type=Path, help="a JSON object with fields of Extensions")
    parser.add_argument("--max-connections", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    asyncio.run(_serve(parser.parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    low, _, high = options.delay.partition("-")
    plain = json.loads(options.extensions.read_text()) if options.extensions else {}
    plain |= {name: tuple(plain[name]) for name in ("auth", "extra") if name in plain}
    server = ScriptedServer(
        *(Rule.from_json(rule) for rule in (json.loads(options.rules.read_text()) if options.rules else [])),
        extensions=Extensions(**plain),
        max_connections=options.max_connections,
        delay=(float(low) / 1000, float(high or low) / 1000),
        books=Books(options.books),
        port=options.port,
        seed=options.seed,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with server:
        draft = options.port_file.with_suffix(".tmp")
        draft.write_text(str(server.port))
        os.replace(draft, options.port_file)
        await stop.wait()


if __name__ == "__main__":
    main()
