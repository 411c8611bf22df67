"""What a scenario may say: pydantic models made from the declarations of parameters.

``param()`` is the only declaration; the models, their errors and the JSON Schema follow from it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass, make_dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from twin.core.parameters import ParamSpec, param, spec_of
from twin.core.units import example, pattern
from twin.errors import Words
from twin.scenario import leaves, sweeping
from twin.scenario.head import NO_WORDS, REQUIRED, Category, Head
from twin.scenario.resolved import form_of_value

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MOST_FAULTS_IN_A_LIST = 50
PREFIX = "x_"  # keys of a file never collide with attributes of pydantic's models
_UNSAID = ParamSpec("", None, None, "", "assumed", "", "", lever=False)


class Block(BaseModel):
    """A map with known keys. A key without a value is as if it were not there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    declared: ClassVar[type]

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, value: Any) -> Any:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise leaves.fault("S103", expected=leaves.MAP, found=leaves.found_kind(value))
        known = cls.keys()
        return {key: below for key, below in value.items() if below is not None or key not in known}

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Return the keys that the map may have."""
        return tuple(name.removeprefix(PREFIX) for name in cls.model_fields)

    def instance(self) -> Any:
        """Return the dataclass that the map declares, with its defaults where nothing was said."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return self.declared(**{name.removeprefix(PREFIX): settled(value) for name, value in said.items()})


def settled(value: Any) -> Any:
    """Turn validated values into dataclasses, tuples, and maps in the order of their keys."""
    if isinstance(value, Block):
        return value.instance()
    if isinstance(value, dict):
        return {key: settled(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return tuple(map(settled, value))
    return value


@dataclass(frozen=True)
class Schema:
    """The models of a whole file and of one arm with everything resolved."""

    document: type[Block]
    arm: type[Block]
    blocks: Mapping[str, type]

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of a scenario file, keys in a fixed order."""
        found = self.document.model_json_schema(by_alias=True)
        found["$schema"] = DRAFT
        found["title"] = "Scenario"
        return typing.cast("dict[str, Any]", _ordered(found))


def schema_for(
    blocks: Mapping[str, type],
    metrics: Collection[str] = (),
    mechanisms: Collection[str] | None = None,
    outside: Collection[str] = (),
) -> Schema:
    """Return the schema of scenarios whose blocks are these dataclasses.

    ``metrics`` are the names that ``primary`` and ``shown`` may hold (none: any); ``mechanisms`` those that may be
    switched (by default every block but ``population``); those from ``outside`` are off unless switched on.
    """
    switched = sorted(blocks.keys() - {"population"}) if mechanisms is None else sorted(mechanisms)
    fields = [(name, bool, _said(name not in outside, "on or off", "开或关")) for name in switched]
    switches = make_dataclass("Mechanisms", fields)
    parts = [(name, blocks[name], _said(blocks[name], *_about(blocks[name]))) for name in sorted(blocks)]
    parts.append(("mechanisms", switches, _said(switches, "mechanisms switched on or off", "机制开关")))
    given = {name: model_of(declared, name) for name, declared, _ in parts}
    arm = model_of(make_dataclass("Arm", [*_ARM_FIELDS, *parts], frozen=True), "arm", given=given)
    document = make_dataclass("Scenario", [*_DOCUMENT_FIELDS, *parts], bases=(Head,), frozen=True)
    looked_at: Any = Annotated[_list_of(_metric_name(metrics), leaves.text), AfterValidator(_once)]
    given |= {"arms": _named(arm), **dict.fromkeys(("primary", "shown"), looked_at)}
    given |= {"levers": _axes(), "uncertainties": _axes(), "sweep": _sweep()}
    given |= {"margins": _by_metric(metrics, 0), "targets": _by_metric(metrics, None)}
    return Schema(model_of(document, "scenario", (*REQUIRED, "arms"), given), arm, dict(blocks))


def document_keys() -> tuple[str, ...]:
    """Return the keys at the top of a scenario file that are not blocks."""
    return (*(item.name for item in dataclasses.fields(Head)), *(name for name, *_ in _DOCUMENT_FIELDS), "mechanisms")


def model_of(
    declared: type, name: str, required: Collection[str] = (), given: Mapping[str, Any] | None = None
) -> type[Block]:
    """Return the model of a dataclass; ``given`` are annotations that stand in for its own."""
    hints = typing.get_type_hints(declared)
    fields: dict[str, Any] = {}
    for item in dataclasses.fields(declared):
        if not item.init:
            continue
        spec = spec_of(item) or _UNSAID
        where = f"{name}.{item.name}"
        annotation = (given or {}).get(item.name) or _annotation(hints[item.name], item, spec, where)
        fields[PREFIX + item.name] = (annotation, _field(item, spec, item.name in required))
    model = create_model(name, __base__=Block, **fields)
    model.declared = declared
    return model


def _annotation(hint: Any, item: dataclasses.Field[Any], spec: ParamSpec, where: str) -> Any:
    """Return the pydantic annotation of a field's type."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _annotation(next(arg for arg in args if arg is not type(None)), item, spec, where)
    if hint is Words:
        return _BILINGUAL
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return model_of(hint, where)
    if origin in (dict, Mapping, types.MappingProxyType) or getattr(origin, "__name__", "") == "Mapping":
        return _named(_annotation(args[1], item, spec, where))
    if origin in (tuple, list):
        return _items(args, item, spec, where)
    return _leaf(hint, item, spec)


def _items(args: tuple[Any, ...], item: dataclasses.Field[Any], spec: ParamSpec, where: str) -> Any:
    inner = _annotation(args[0], item, spec, where)
    one = leaves.text if args[0] is str else None
    if len(args) == 1 or args[1] is Ellipsis:
        return _list_of(inner, one)
    return _list_of(inner, one, len(args))


def _leaf(hint: Any, item: dataclasses.Field[Any], spec: ParamSpec) -> Any:
    """Return the annotation of a single value."""
    if hint is bool:
        return _read_by(leaves.switch, {"enum": [True, False, *leaves.SWITCHES]})
    if hint in (int, float):
        number = leaves.Number(item.name, spec, _usual(item, spec), whole=hint is int)
        return _read_by(number, number_schema(number))
    if hint is dt.date:
        return _read_by(leaves.date, {"type": "string", "format": "date"})
    if spec.file:
        return _read_by(leaves.text, {"type": "string", "examples": list(spec.choices)})
    choices = spec.choices or (typing.get_args(hint) if typing.get_origin(hint) is Literal else ())
    if choices:
        return _read_by(leaves.choice_of(choices), {"enum": list(choices)})
    if hint is str:
        return _read_by(leaves.text, {"type": "string"})
    return Any


def number_schema(number: leaves.Number) -> dict[str, Any]:
    """Return the JSON Schema of a number: bare where that is allowed, else text with its unit."""
    bare: dict[str, Any] = {"type": "integer" if number.whole else "number"}
    spec = number.spec
    bare |= {word: end for word, end in (("minimum", spec.low), ("maximum", spec.high)) if end is not None}
    unit = {"type": "string", "pattern": pattern(spec.unit or "1")}
    if not number.bare:
        return {**unit, "examples": [example(number.usual, spec.unit)]}
    return {"anyOf": [bare, unit]}


def _usual(item: dataclasses.Field[Any], spec: ParamSpec) -> float:
    """Return a number to show as an example: the default, or an end of the range."""
    default = item.default
    if isinstance(default, (int, float)) and not isinstance(default, bool):
        return default
    return spec.high if spec.high is not None else 1


def _read_by(reader: leaves.Reader, schema: Mapping[str, Any]) -> Any:
    return Annotated[Any, PlainValidator(reader), WithJsonSchema(dict(schema))]


def _list_of(inner: Any, one: leaves.Reader | None = None, length: int | None = None) -> Any:
    """Return the annotation of a list; where ``one`` is given, a single text is a list of one."""

    def as_list(value: Any) -> Any:
        if one is not None and isinstance(value, str):
            return [value]
        if not isinstance(value, list):
            raise leaves.fault("S103", expected=leaves.LIST, found=leaves.found_kind(value))
        if length is not None and len(value) != length:
            raise leaves.fault("S133", expected=length, found=len(value))
        return _cut_short(value, inner)

    items = Annotated[list[inner], BeforeValidator(as_list)]
    return Annotated[items, _Or("string")] if one is not None else items


def _cut_short(items: list[Any], inner: Any) -> list[Any]:
    """Leave out what comes after many faults, so that a long list of nonsense is refused in time."""
    marks = getattr(inner, "__metadata__", ())
    reader: Any = next((mark.func for mark in marks if isinstance(mark, PlainValidator)), None)
    faults = 0
    for number, item in enumerate(items if reader is not None else ()):
        try:
            reader(item)
        except PydanticCustomError:
            faults += 1
        if faults == MOST_FAULTS_IN_A_LIST:
            return items[: number + 1]
    return items


def _named(inner: Any) -> Any:
    """Return the annotation of a map whose keys are names; entries without a value are left out."""

    def as_map(value: Any) -> Any:
        if not isinstance(value, dict):
            raise leaves.fault("S103", expected=leaves.MAP, found=leaves.found_kind(value))
        return {key: below for key, below in value.items() if below is not None}

    key = Annotated[str, AfterValidator(leaves.name)]
    return Annotated[dict[key, Annotated[inner, _Or("null")]], BeforeValidator(as_map)]


@dataclass(frozen=True)
class _Or:
    """Lets the JSON Schema say that a value may also be of this type, as the validators before it allow."""

    kind: str

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [handler(core), {"type": self.kind}]}


class Bilingual(Block):
    """One text in English, in Chinese, or in both."""

    x_en: Annotated[Any, PlainValidator(leaves.text), WithJsonSchema({"type": "string"})] = Field("", alias="en")
    x_zh: Annotated[Any, PlainValidator(leaves.text), WithJsonSchema({"type": "string"})] = Field("", alias="zh")
    declared = Words

    def instance(self) -> Words:
        """Return the text; where one language is missing, the other stands in."""
        return Words(self.x_en or self.x_zh, self.x_zh or self.x_en)


def _both(value: Any) -> Any:
    if isinstance(value, str):
        return {"en": value, "zh": value}
    return value if isinstance(value, dict) else {"en": leaves.text(value)}


_BILINGUAL = Annotated[
    Bilingual,
    BeforeValidator(_both),
    WithJsonSchema({
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
                "additionalProperties": False,
            },
        ]
    }),
]  # fmt: skip


def _axes() -> Any:
    """Return the annotation of a map of paths, joined by dots, to the values that they take."""
    ends = {"type": "object", "properties": {"low": {}, "high": {}}, "additionalProperties": False}
    anything: dict[str, Any] = {"anyOf": [{"type": ["array", "string", "number", "boolean", "null"]}, ends]}
    key = Annotated[str, AfterValidator(sweeping.path)]
    return dict.__class_getitem__((key, _read_by(sweeping.axis, anything)))


def _sweep() -> Any:
    points = _list_of(_read_by(sweeping.point, {"type": "object"}))
    return model_of(sweeping.Sweep, "sweep", given={"over": _axes(), "list": points})


def _by_metric(metrics: Collection[str], low: float | None) -> Any:
    """Return the annotation of a map of metrics to numbers in their units."""
    number = leaves.Number("", dataclasses.replace(_UNSAID, unit="1", low=low), 1, whole=False)
    reader = leaves.choice_of(sorted(metrics), "S118", "metric") if metrics else leaves.text
    key = Annotated[str, AfterValidator(reader)]
    return dict.__class_getitem__((key, _read_by(number, number_schema(number))))


def _metric_name(metrics: Collection[str]) -> Any:
    if not metrics:
        return _read_by(leaves.text, {"type": "string"})
    names = sorted(metrics)
    return _read_by(leaves.choice_of(names, "S118", "metric"), {"enum": names})


def _once(names: list[str]) -> list[str]:
    """Refuse what is named twice: a family of outcomes that holds one of them twice is judged too strictly."""
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise leaves.fault("S170", metric=twice)
    return names


def _field(item: dataclasses.Field[Any], spec: ParamSpec, required: bool) -> Any:
    """Return pydantic's field: never used for its default, which the dataclass gives."""
    factory = item.default_factory is not dataclasses.MISSING
    required = required or (item.default is dataclasses.MISSING and not factory)

    def say(schema: dict[str, Any]) -> None:
        schema.pop("default", None)
        if not required and not factory:
            schema["default"] = form_of_value(item.default, True, item.name, spec)
        facts = {"unit": spec.unit, "source": spec.source, "grade": spec.evidence} if spec.source else {}
        schema |= {f"x-{name}": fact for name, fact in facts.items() if fact}

    return Field(... if required else None, alias=item.name, description=_described(spec), json_schema_extra=say)


def _described(spec: ParamSpec) -> str | None:
    unit = "" if spec.unit in ("", "1") else f" [{spec.unit}]"
    return " | ".join(part for part in (spec.doc + unit if spec.doc else "", spec.zh) if part) or None


def _about(block: type) -> tuple[str, str]:
    """Return the first line of a dataclass's docstring, for both languages."""
    return ((block.__doc__ or block.__name__).strip().splitlines()[0], "")


def _said(default: Any, doc: str, zh: str) -> Any:
    return param(default, "", source="the scenario's author", evidence="expert", doc=doc, zh=zh)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


_RULES = ("rules", tuple[str, ...], _said((), "rule sets in force: names of files in rules/, or paths",
                                          "启用的规则集：rules/ 中的文件名或路径"))  # fmt: skip
_RULE_SETTINGS = ("rule_settings", tuple[str, ...],
                  _said((), "literals of the rules that are replaced: `path = value`",
                        "替换规则中的取值：`路径 = 值`"))  # fmt: skip
_ARM_FIELDS: list[Any] = [
    _RULES,
    _RULE_SETTINGS,
    ("title", Words, _said(NO_WORDS, "name shown: one text, or {en, zh}", "显示名称：一段文字，或 {en, zh}")),
    ("like", str, _said("", "the arm of which this is a changed copy", "在此方案的基础上修改")),
]
_DOCUMENT_FIELDS: list[Any] = [
    _RULES,
    _RULE_SETTINGS,
    ("extends", tuple[str, ...], _said((), "file or files on which this one is laid", "继承的文件")),
    ("primary", tuple[str, ...], _said((), "the metrics that answer the question", "主要指标")),
    ("shown", tuple[str, ...], _said((), "metrics in the printed table besides the primary ones (none: all)",
                                     "主要指标之外在表中显示的指标（空：全部）")),
    ("margins", dict[str, float], _said(dict, "smallest difference that matters, by metric, in its unit",
                                        "各指标有意义的最小差异（以其单位计）")),
    ("targets", dict[str, float], _said(dict, "value to reach, by metric, in its unit",
                                        "各指标要达到的值（以其单位计）")),
    ("levers", dict[str, object], _said(dict, "paths that the authority may move, and values to try",
                                        "主管部门可调的参数路径及待试取值")),
    ("uncertainties", dict[str, object], _said(dict, "paths that nobody here decides, and values to reckon with",
                                               "无法自行决定的参数路径及需考虑的取值")),
    ("sweep", sweeping.Sweep, _said(sweeping.Sweep, "the points that `twin sweep` runs", "twin sweep 运行的各点")),
    ("categories", dict[str, Category], _said(dict, "kinds of matter", "事项类别")),
    ("arms", dict[str, object], _said(dict, "the alternatives that are compared; the first is the baseline",
                                      "相互比较的方案；第一个为基准方案")),
]  # fmt: skip
