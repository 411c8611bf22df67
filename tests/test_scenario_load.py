"""Loading a scenario: composition, arms, settings, units, digest, and every complaint at its place."""

from __future__ import annotations

import json
import pickle
import random
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scenario_kit import BASE, TOY, Crew, Desk, Folder
from twin.core.marked_yaml import write
from twin.errors import InputError, Words, render
from twin.scenario.load import load


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder for scenario files."""
    return Folder(tmp_path)


def with_desk(text: str) -> str:
    """Return the base scenario with these lines of the desk block."""
    lines = "".join(f"  {line}\n" for line in text.splitlines())
    return f"version: 1\ndays: 60\ndesk:\n{lines}arms: {{a: {{}}}}\n"


# -- what is read


def test_a_scenario_is_complete_frozen_and_comparable(folder: Folder) -> None:
    scenario = folder.load(BASE)
    assert (scenario.name, scenario.title["zh"], scenario.days, scenario.warm_up_days) == ("s", "测试", 60, 14)
    assert list(scenario.arms) == ["manual", "smart", "far"]
    assert scenario.arms["manual"].blocks["desk"] == Desk()
    assert scenario.arms["far"].blocks["desk"] == Desk(dispatch="instant", dedup=True, travel=60.0)
    assert scenario.arms["far"].title == Words("far", "far")
    assert scenario == folder.load(BASE)
    assert scenario != folder.load(BASE, "days=61")
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    with pytest.raises(AttributeError):
        scenario.days = 3


def test_texts_may_be_one_or_bilingual(folder: Folder) -> None:
    scenario = folder.load(BASE.replace("{en: Test, zh: 测试}", "Test") + "question: {zh: 好吗}\n")
    assert scenario.title == Words("Test", "Test")
    assert scenario.question == Words("好吗", "好吗")


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("misroute_chance: 30 %", "misroute_chance", 0.3),
        ("misroute_chance: 0", "misroute_chance", 0.0),
        ("return_hours: 1.5", "return_hours", 1.5),
        ("return_hours: 90 min", "return_hours", 1.5),
        ("return_hours: 2 天", "return_hours", 48.0),
        ("travel: 0.4 h", "travel", 24.0),
        ("rate: 70 /week", "rate", 10.0),
        ("rate: 12 件/天", "rate", 12.0),
        ("dedup: yes", "dedup", True),
        ("dedup: OFF", "dedup", False),
        ("dedup: 是", "dedup", True),
        ("dispatch: instant", "dispatch", "instant"),
        ("dispatch_times: [09:00, 14:30]", "dispatch_times", ("09:00", "14:30")),
        ("dispatch_times: 09:00", "dispatch_times", ("09:00",)),
        ("limit_hours: [1, 1 day, 7 day, 2 week]", "limit_hours", (1.0, 24.0, 168.0, 336.0)),
        ("shares: {a: 0.2, b: 50 %}", "shares", {"a": 0.2, "b": 0.5}),
        ("window: [0, 0.5]", "window", (0.0, 0.5)),
        ("patience: 30 min", "patience", 0.5),
        ("patience: null", "patience", None),
        ("service:", "service", Desk().service),
    ],
)
def test_values_come_in_the_parameters_own_unit(folder: Folder, line: str, name: str, value: object) -> None:
    found = getattr(folder.load(with_desk(line)).arms["a"].blocks["desk"], name)
    assert found == value
    assert type(found) is type(value)


def test_naming_teams_replaces_the_default_teams(folder: Folder) -> None:
    desk = folder.load(with_desk("teams: {b: {workers: 2.0}, a: {}}")).arms["a"].blocks["desk"]
    assert desk.teams == {"a": Crew(), "b": Crew(2)}
    assert list(desk.teams) == ["a", "b"]


def test_mechanisms_are_switched_in_the_scenario_and_in_arms(folder: Folder) -> None:
    text = "version: 1\ndays: 9\nmechanisms: {gossip: off}\narms: {a: {}, b: {mechanisms: {gossip: on, desk: no}}}\n"
    scenario = folder.load(text)
    assert scenario.arms["a"].off == {"gossip"}
    assert scenario.arms["b"].off == {"desk"}


# -- composition


def test_files_extend_files_and_maps_are_merged_deeply(folder: Folder) -> None:
    folder.write("version: 1\ndays: 60\ndesk: {return_hours: 2, service: {mean_hours: 3}}\n", "base/one.yaml")
    folder.write("desk: {return_hours: 4}\narms: {a: {}, b: {desk: {dedup: on}}}\n", "base/two.yaml")
    scenario = folder.load(
        "extends: [base/one.yaml, base/two.yaml]\ndesk: {service: {law: exponential}}\n"
        "arms: {a: null, b: {desk: {dedup: null}}, c: {}}\n"
    )
    desk = scenario.arms["c"].blocks["desk"]
    assert (desk.return_hours, desk.service.mean_hours, desk.service.law) == (4.0, 3.0, "exponential")
    assert list(scenario.arms) == ["b", "c"]
    assert scenario.arms["b"].blocks["desk"].dedup is False
    assert scenario.origin("arms.c.desk.return_hours").endswith("two.yaml:1")
    assert list(scenario.sources) == [str(folder.path / name) for name in ("s.yaml", "base/one.yaml", "base/two.yaml")]


def test_null_gives_a_value_of_the_base_back_to_its_default(folder: Folder) -> None:
    folder.write(BASE + "desk: {return_hours: 2}\n", "base.yaml")
    scenario = folder.load("extends: base.yaml\ndesk: {return_hours: null}\narms: {far: {like: manual}}\n")
    assert scenario.arms["far"].blocks["desk"] == Desk(travel=60.0)


def test_an_arm_that_is_taken_away_is_looked_at_all_the_same(folder: Folder) -> None:
    folder.write("version: 1\ndays: 60\ndesk: {no: 1}\narms: {a: {desk: {dedap: on}}, b: {}}\n", "base.yaml")
    assert folder.refused("extends: base.yaml\ndesk: {no: null}\narms: {a: null}\n") == ["S101 base.yaml:4:19"]
    folder.write("version: 1\ndays: 60\narms: {a: {desk: {dedup: on}}, b: {}}\n", "base.yaml")
    assert list(folder.load("extends: base.yaml\narms: {a: null}\n").arms) == ["b"]


def test_what_is_missing_is_not_likened_to_itself(folder: Folder) -> None:
    with pytest.raises(InputError) as caught:
        folder.load("version: 1\narms: {a: {}}\n")
    assert render(caught.value, "en").endswith("hint: write `days: ...` at the top")
    assert "是否想写" not in render(caught.value, "zh")


def test_an_arm_like_another_is_a_changed_copy_and_null_takes_away(folder: Folder) -> None:
    scenario = folder.load(BASE + "  back: {like: far, desk: {dedup: null, travel: 2 h}}\n")
    assert scenario.arms["back"].blocks["desk"] == Desk(dispatch="instant", travel=120.0)


# -- settings


def test_settings_are_applied_last_on_every_arm(folder: Folder) -> None:
    scenario = folder.load(BASE, "desk.dispatch=batch", "days=12 周", "desk.travel=30 min", "mechanisms.gossip=off")
    assert scenario.days == 84
    for arm in scenario.arms.values():
        assert (arm.blocks["desk"].dispatch, arm.blocks["desk"].travel, arm.off) == ("batch", 30.0, {"gossip"})
    assert scenario.arms["smart"].blocks["desk"].dedup is True
    assert scenario.origin("days") == "--set #2"
    assert scenario.origin("arms.far.desk.travel") == "--set #3"
    assert scenario.sets[0] == "desk.dispatch=batch"


def test_the_last_of_two_settings_wins(folder: Folder) -> None:
    assert folder.load(BASE, "seed=3", "seed=4").seed == 4


def test_a_setting_reaches_into_default_teams_and_keeps_the_others(folder: Folder) -> None:
    desk = folder.load(BASE, "desk.teams.grid.workers=9").arms["manual"].blocks["desk"]
    assert desk.teams == {"grid": Crew(9), "night": Crew(2)}


def test_a_setting_of_a_team_that_only_some_arms_have_changes_those(folder: Folder) -> None:
    text = "version: 1\ndays: 9\narms: {a: {desk: {teams: {x: {}}}}, b: {desk: {teams: {y: {}}}}}\n"
    scenario = folder.load(text, "desk.teams.x.workers=1")
    assert scenario.arms["a"].blocks["desk"].teams == {"x": Crew(1)}
    assert scenario.arms["b"].blocks["desk"].teams == {"y": Crew()}
    assert folder.refused(text, "desk.teams.z.workers=1") == ["S101 <--set #1>:1:12"]


def test_a_setting_may_fill_an_empty_map_and_give_a_value_back(folder: Folder) -> None:
    desk = folder.load(BASE, "desk.services.light.mean_hours=4", "desk.dedup=null").arms["smart"].blocks["desk"]
    assert desk.services["light"].mean_hours == 4.0
    assert desk.dedup is False


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("desk.misroute_chanse=0.1", "S101 <--set #1>:1:6"),
        ("dessk.x=1", "S101 <--set #1>:1:1"),
        ("desk.misroute_chance.x=1", "S101 <--set #1>:1:22"),
        ("desk.misroute_chance=2", "S108 <--set #1>:1:22"),
        ("desk.travel=5", "S105 <--set #1>:1:13"),
        ("desk.travel=5 km", "S107 <--set #1>:1:13"),
        ("desk.dispatch=instnt", "S109 <--set #1>:1:15"),
        ("desk=5", "S103 <--set #1>:1:6"),
        ("days=two", "S103 <--set #1>:1:6"),
        ("days=1e400", "Y018 <--set #1>:1:6"),
        ("days=2.5", "S126 <--set #1>:1:6"),
        ("warm_up_days=60", "S117 <--set #1>:1:14"),
        ("mechanisms.gosip=off", "S101 <--set #1>:1:12"),
        ("arms.manual.desk.dedup=on", "S124 <--set #1>:1:1"),
        ("extends=x", "S124 <--set #1>:1:1"),
        ("desk.dedup", "S123 <--set #1>:1:1"),
        ("desk.dedup=", "S123 <--set #1>:1:1"),
        ("=1", "S123 <--set #1>:1:1"),
        ("desk..dedup=1", "S123 <--set #1>:1:1"),
        ("desk.dedup=[", "Y010 <--set #1>:1:13"),
        ("desk.dedup=\0", "Y007 <--set #1>:1:1"),
        ("desk.dedup=!!python/name:os.system", "Y017 <--set #1>:1:12"),
        ("", "S123 <--set #1>:1:1"),
    ],
)
def test_a_wrong_setting_is_marked_in_its_text(folder: Folder, text: str, found: str) -> None:
    assert folder.refused(BASE, text) == [found]


def test_wrong_settings_and_a_wrong_file_are_told_together(folder: Folder) -> None:
    text = BASE.replace("days: 60", "days: -60")
    sets = ("desk.x=1", "desk.dedup=maybe", "seed=-1", "nope=1")
    assert folder.refused(text, *sets) == [
        "S108 s.yaml:3:7",
        "S101 <--set #1>:1:6",
        "S103 <--set #2>:1:12",
        "S108 <--set #3>:1:6",
        "S101 <--set #4>:1:1",
    ]


def test_categories_are_set_but_not_made(folder: Folder) -> None:
    text = BASE + "categories: {light: {share: 0.5}}\n"
    assert folder.load(text, "categories.light.share=0.7").categories["light"].share == 0.7
    assert folder.refused(text, "categories.lihgt.share=0.7") == ["S101 <--set #1>:1:12"]


# -- the digest


SAME = """\
# words about it
arms:
  smart: {desk: {dedup: true, dispatch: instant}}
  manual: {title: other}
  far: {desk: {travel: 60 min}, like: smart}
replications: 20.0
warm_up_days: 2 周
days: 60
purpose: none
desk: {misroute_chance: 25 %, return_hours: 0.5 工作日}
name: another
version: 1
"""


def test_the_digest_is_of_what_is_simulated(folder: Folder) -> None:
    digest = folder.load(BASE + "desk: {return_hours: 4}\n").digest
    assert len(digest) == 64
    assert folder.load(SAME.replace("0.5 工作日", "240 min")).digest == digest
    for change in ("days=61", "desk.dedup=on", "mechanisms.gossip=off", "start=2025-01-07"):
        assert folder.load(BASE + "desk: {return_hours: 4}\n", change).digest != digest
    for question in ("seed=2", "replications=40"):  # which runs are made, as `--seed` and `-n` say it
        assert folder.load(BASE + "desk: {return_hours: 4}\n", question).digest == digest
    assert folder.load(BASE, "days=60", "desk.return_hours=4").digest == digest


def test_two_ways_of_writing_an_accent_are_one_scenario(folder: Folder) -> None:
    texts = [f"version: 1\ndays: 9\ndesk: {{shares: {{{name}: 0.5}}}}\narms: {{a: {{}}}}\n"
             for name in ("caf\u00e9", "cafe\u0301")]  # fmt: skip
    assert len({folder.load(text).digest for text in texts}) == 1


def test_the_order_of_keys_does_not_matter(folder: Folder) -> None:
    text = BASE + "categories: {light: {share: 0.5}, water: {share: 0.5, priority: 1}}\n"
    tree = yaml.safe_load(text.replace("dedup: on", "dedup: true"))
    digests = set()
    for seed in range(6):
        digests.add(folder.load(write(shuffled(tree, random.Random(seed)))).digest)
    assert digests == {folder.load(text).digest}


def shuffled(value: object, chance: random.Random) -> object:
    """Return the same maps with their keys in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return value


@pytest.mark.parametrize("everything", [True, False])
def test_the_resolved_text_loads_to_the_same_scenario(folder: Folder, everything: bool) -> None:
    text = BASE + "desk: {teams: {a: {grids: [0, 1]}}, rate: 3 /week, services: {light: {}}, patience: 1 h}\n"
    scenario = folder.load(text + "mechanisms: {gossip: off}\ncategories: {light: {share: 1, title: 灯}}\n", "seed=9")
    again = folder.load(scenario.text(everything=everything))
    assert again.digest == scenario.digest
    assert again.arms == scenario.arms
    assert again.categories == scenario.categories
    json.dumps(scenario.resolved, allow_nan=False)


def test_every_value_has_an_origin(folder: Folder) -> None:
    text = folder.load(BASE, "seed=3").text(origin=True)
    assert "seed: 3" in text
    for line in text.splitlines():
        value = line.partition("#")[0].rstrip()
        assert value.endswith(":") or "  # " in line
    assert folder.load(BASE).origin("arms.smart.title.zh") == "default"
    assert folder.load(BASE).origin("title.zh") == f"{folder.path / 's.yaml'}:2"


# -- complaints


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("misroute_chanse: 1", "S101 s.yaml:4:3"),
        ("misroute_chance: 1.5", "S108 s.yaml:4:20"),
        ("misroute_chance: -1 %", "S108 s.yaml:4:20"),
        ("misroute_chance: [1]", "S103 s.yaml:4:20"),
        ("misroute_chance: yes", "S103 s.yaml:4:20"),
        ("misroute_chance: true", "S103 s.yaml:4:20"),
        ("misroute_chance: 3 h", "S103 s.yaml:4:20"),
        ("return_hours: 6 wekes", "S106 s.yaml:4:17"),
        ("return_hours: 6 km", "S107 s.yaml:4:17"),
        ("travel: 24", "S105 s.yaml:4:11"),
        ("travel: '24'", "S105 s.yaml:4:11"),
        ("travel: far", "S104 s.yaml:4:11"),
        ("rate: 5", "S105 s.yaml:4:9"),
        ("rate: 5 day", "S107 s.yaml:4:9"),
        ("dedup: 1", "S103 s.yaml:4:10"),
        ("dispatch: instnt", "S109 s.yaml:4:13"),
        ("dispatch: off", "S109 s.yaml:4:13"),
        ("dispatch: 3", "S103 s.yaml:4:13"),
        ("dispatch_times: [14:00, 09:00]", "S128 s.yaml:4:27"),
        ("dispatch_times: [25:00]", "S128 s.yaml:4:20"),
        ("dispatch_times: [9]", "S103 s.yaml:4:20"),
        ("limit_hours: [1, 2, 3]", "S122 s.yaml:4:16"),
        ("limit_hours: [4, 3, 2, 1]", "S122 s.yaml:4:16"),
        ("limit_hours: 4", "S103 s.yaml:4:16"),
        ("window: [0]", "S133 s.yaml:4:11"),
        ("shares: {a.b: 1}", "S127 s.yaml:4:12"),
        ("shares: {a: x}", "S103 s.yaml:4:15"),
        ("service: fast", "S103 s.yaml:4:12"),
        ("teams: [a]", "S103 s.yaml:4:10"),
        ("teams: {grid: {workers: -1}}", "S108 s.yaml:4:27"),
        ("teams: {grid: {workers: 1.5}}", "S126 s.yaml:4:27"),
        ("teams: {grid: {calendar: 5x9}}", "S140 s.yaml:4:28"),
        ("teams: {grid: {calendar: 'Mon 08:00-12:00,11:00-13:00'}}", "S141 s.yaml:4:28"),
        ("teams: {grid: {categories: [ligth]}}", "S120 s.yaml:4:31"),
        ("teams: {grid: {grids: [0, 2]}}", "S136 s.yaml:4:29"),
        ("services: {ligth: {}}", "S120 s.yaml:4:14"),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(folder: Folder, line: str, found: str) -> None:
    assert folder.refused(with_desk(line)) == [found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- a\n- b\n", ["Y022 s.yaml:1:1"]),
        ("just words\n", ["Y022 s.yaml:1:1"]),
        ("", ["Y008"]),
        ("{}", ["S102 s.yaml:1:1"] * 3),
        ("version: 1\ndays: 9\n", ["S102 s.yaml:1:1"]),
        ("version: 1\ndays: 9\narms: {}\n", ["S112 s.yaml:3:1"]),
        ("version: 1\ndays: 9\narms:\n", ["S102 s.yaml:3:6"]),
        ("version: 1\ndays: 9\narms: [a]\n", ["S103 s.yaml:3:7"]),
        ("version: 1\ndays: 9\narms: {a: }\n", ["S113 s.yaml:3:8"]),
        ("version: 1\ndays: 9\narms: {a: 3}\n", ["S103 s.yaml:3:11"]),
        ("version: 1\ndays: 9\narms: {1a: {}}\n", ["S127 s.yaml:3:8"]),
        ("version: 1\ndays: 9\narms: {a: {day: 3}}\n", ["S101 s.yaml:3:12"]),
        ("version: 1\ndays: 9\narms: {a: {like: b}}\n", ["S110 s.yaml:3:18"]),
        ("version: 1\ndays: 9\narms: {a: {like: b}, b: {like: a}}\n", ["S111 s.yaml:3:18", "S111 s.yaml:3:32"]),
        ("version: 1\ndays: 9\narms: {a: {like: a}}\n", ["S111 s.yaml:3:18"]),
        ("version: 2\ndays: 9\narms: {a: {}}\n", ["S116 s.yaml:1:10"]),
        ("version: 1\ndayz: 9\narms: {a: {}}\n", ["S101 s.yaml:2:1"]),
        ("vresion: 1\ndays: 9\narm: {a: {}}\n", ["S101 s.yaml:1:1", "S101 s.yaml:3:1"]),
        ("version: 1\ndays: 9\nstart: 6 Jan\narms: {a: {}}\n", ["S125 s.yaml:3:8"]),
        ("version: 1\ndays: 9\nstart: 2025-02-30\narms: {a: {}}\n", ["S125 s.yaml:3:8"]),
        ("version: 1\ndays: 9\nwarm_up_days: 9\narms: {a: {}}\n", ["S117 s.yaml:3:15"]),
        ("version: 1\ndays: 9\nprimary: [hours_to_close]\narms: {a: {}}\n", ["S118 s.yaml:3:11"]),
        ("version: 1\ndays: 9\nprimary: [paid_hours, paid_hours]\narms: {a: {}}\n", ["S170 s.yaml:3:10"]),
        ("version: 1\ndays: 9\nprimary: paid_hour\narms: {a: {}}\n", ["S118 s.yaml:3:10"]),
        ("version: 1\ndays: 9\nmechanisms: {gosip: off}\narms: {a: {}}\n", ["S101 s.yaml:3:14"]),
        ("version: 1\ndays: 9\nholidays: chine\narms: {a: {}}\n", ["S109 s.yaml:3:11"]),
        ("version: 1\ndays: 9\ncategories: {a: {share: 0}}\narms: {a: {}}\n", ["S134 s.yaml:3:1"]),
        ("version: 1\ndays: 9\ncategories: {a: {priority: 4}}\narms: {a: {}}\n", ["S108 s.yaml:3:28"]),
        ("version: 1\ndays: 9\ntitle: [a]\narms: {a: {}}\n", ["S103 s.yaml:3:8"]),
        ("version: 1\ndays: 9\ntitle: {de: a}\narms: {a: {}}\n", ["S101 s.yaml:3:9"]),
        ("version: 1\ndays: 9\nextends: [{}]\narms: {a: {}}\n", ["S103 s.yaml:3:11"]),
        ("version: 1\ndays: 9\nextends: none.yaml\narms: {a: {}}\n", ["Y023 s.yaml:3:10"]),
        ("version: 1\ndays: 9\nextends: .\narms: {a: {}}\n", ["Y002 s.yaml:3:10"]),
    ],
)
def test_a_wrong_scenario_is_refused_at_its_place(folder: Folder, text: str, found: list[str]) -> None:
    assert folder.refused(text) == found


def test_all_complaints_come_at_once_and_once(folder: Folder) -> None:
    text = BASE.replace("days: 60", "days: x") + "desk: {misroute_chance: 7, polcy: 1}\nnonsense: 1\n"
    assert folder.refused(text) == ["S103 s.yaml:3:7", "S108 s.yaml:9:25", "S101 s.yaml:9:28", "S101 s.yaml:10:1"]


def test_a_fault_in_a_base_file_is_shown_there(folder: Folder) -> None:
    folder.write("version: 1\ndays: 9\ndesk: {travel: 5}\n", "base.yaml")
    assert folder.refused("extends: base.yaml\narms: {a: {}, b: {desk: {travel: 7}}}\n") == [
        "S105 s.yaml:2:34",
        "S105 base.yaml:3:16",
    ]


def test_files_that_extend_each_other_are_refused(folder: Folder) -> None:
    folder.write("extends: s.yaml\n", "b.yaml")
    assert folder.refused("extends: b.yaml\n") == ["S114 b.yaml:1:10"]
    assert folder.refused("extends: s.yaml\n") == ["S114 s.yaml:1:10"]
    for number in range(40):
        folder.write(f"extends: f{number + 1}.yaml\n", f"f{number}.yaml")
    assert folder.refused("extends: f0.yaml\n") == ["S115 f15.yaml:1:10"]


def test_a_lattice_of_files_is_read_once_each(folder: Folder) -> None:
    for number in range(15):
        folder.write(f"extends: [g{number + 1}.yaml, ./g{number + 1}.yaml]\n", f"g{number}.yaml")
    folder.write("version: 1\ndays: 9\narms: {a: {}}\n", "g15.yaml")
    assert len(folder.load("extends: g0.yaml\n").sources) == 17


def test_a_long_chain_of_arms_is_refused_in_time(folder: Folder) -> None:
    chain = "".join(f"  a{n}: {{like: a{n + 1}}}\n" for n in range(300))
    assert folder.refused(f"version: 1\ndays: 9\narms:\n{chain}  a300: {{}}\n")[0].startswith("S111")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("arms:\n" + "".join(f"  a{n}: {{}}\n" for n in range(5000)), 1),
        ("arms: {a: {}}\n" + "".join(f"k{n}: 1\n" for n in range(20_000)), 200),
        ("arms: {a: {}}\ndesk: {limit_hours: [" + "x, " * 50_000 + "]}\n", 50),
        ("arms: {a: {}}\n" + "k" * 500_000 + ": 1\n", 1),
    ],
)
def test_a_file_full_of_nonsense_is_refused_in_time(folder: Folder, text: str, count: int) -> None:
    began = time.monotonic()
    assert len(folder.refused("version: 1\ndays: 9\n" + text)) == count
    assert time.monotonic() - began < 20


def test_a_setting_cannot_nest_without_end(folder: Folder) -> None:
    for path in ("desk.services", "title"):
        assert folder.refused(BASE, path + ".x" * 5000 + "=1") == ["S123 <--set #1>:1:1"]


def test_holidays_must_be_known_for_all_years_of_the_run(folder: Folder) -> None:
    assert folder.refused(BASE, "holidays=china", "start=2190-01-01") == ["S143 <--set #2>:1:7"]
    assert folder.load(BASE, "holidays=china").holidays == "china"


def test_arms_are_chosen_by_name(folder: Folder) -> None:
    chosen = folder.load(BASE, arms=["far", "manual"])
    assert list(chosen.arms) == ["far", "manual"]
    assert chosen.digest == folder.load(BASE).digest
    assert folder.refused(BASE, arms=["smrt"]) == ["S110"]


def test_messages_are_whole_in_both_languages(folder: Folder) -> None:
    file = folder.write(with_desk("return_hours: 6 wekes\nmisroute_chance: 1.5"))
    with pytest.raises(InputError) as caught:
        load(file, vocabulary=TOY)
    assert render(caught.value, "en").replace(str(file), "s.yaml") == (
        "error[S106]: bad unit for `desk.return_hours`\n"
        " --> s.yaml:4:17\n"
        "  |\n"
        "4 |   return_hours: 6 wekes\n"
        "  |                 ^^^^^^^ unknown unit `wekes`; this is measured in h\n"
        "hint: did you mean `weeks`?\n"
        "\n"
        "error[S108]: `desk.misroute_chance` is out of range\n"
        " --> s.yaml:5:20\n"
        "  |\n"
        "5 |   misroute_chance: 1.5\n"
        "  |                    ^^^ 1.5 is not in [0, 0.95]\n"
        "hint: write a value of that range; `twin params` lists every parameter with its range and unit\n"
        "\n"
        "2 errors"
    )
    assert "未知单位 `wekes`；此处以 小时 计" in render(caught.value, "zh")
    assert "1.5 不在 [0, 0.95] 之内" in render(caught.value, "zh")


LINES = st.sampled_from([*BASE.splitlines(), "desk: {teams: {x: {workers: 3}}}", "extends: s.yaml", "categories:"])
PIECES = st.sampled_from(["{", "}", "[", ": ", "null", "-1", "x", " ", "\n", "like: far", "1e9", "&a ", "*a", "!!t "])


@given(st.lists(LINES, min_size=1, max_size=10), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_mangled_scenario_loads_or_is_refused(folder: Folder, lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    for piece in data.draw(st.lists(PIECES, max_size=4)):
        spot = data.draw(st.integers(0, len(text)))
        text = text[:spot] + piece + text[spot:]
    try:
        folder.load(text)
    except InputError as error:
        assert all(complaint.code != "S132" for complaint in error.complaints)
        assert render(error, "zh")
