"""``twin schema``: the JSON Schema of scenario files, for completion in an editor."""

from __future__ import annotations

import json
from pathlib import Path

from twin.cli import console
from twin.cli.spoken import lang_option, option, speaking
from twin.errors import InputError, Words

_WRITTEN = Words(
    "{file} is written; make this the first line of a scenario:\n# yaml-language-server: $schema={file}",
    "已写入 {file}；请把下一行作为场景文件的首行：\n# yaml-language-server: $schema={file}",
)


@speaking("Print the JSON Schema for your editor.", "输出供编辑器使用的 JSON Schema。")
@option("--out", metavar="FILE", en="Write it to this file.", zh="写入此文件。")
@lang_option()
def command(out: str | None, lang: str | None) -> None:
    """Print the schema in ASCII, whatever the console; a file gets readable UTF-8."""
    from twin.scenario.vocabulary import known_blocks

    schema = known_blocks().schema.json_schema()
    if out is None:
        console.say(json.dumps(schema, indent=2))
        return
    try:
        Path(out).write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    except OSError as reason:
        console.fail(InputError.of("S130", file=out, why=reason.strerror), console.language(lang))
    console.note(_WRITTEN[console.language(lang)].format(file=out))
