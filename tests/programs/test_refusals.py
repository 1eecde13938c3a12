"""Every refusal of a program file, with its line, its path, what was found and what is possible."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.core.compile import compile_program
from milepost.programs import (
    ProgramRefused,
    check_program,
    check_text,
    load_program,
    parse_program,
    shipped_program,
)

HEAD = "program: crane\nversion: 1\n"
THEORY = '  - {id: theory, stage: pre_learning, done: passed, evidence: {source: lms, activity: "https://x.example.com/1"}}\n'
PRACTICE = "  - {id: practice, stage: live, live: {course: C}, done: present >= 80%}\n"
STEPS = f"steps:\n{THEORY}{PRACTICE}"


def said(text: str) -> list[str]:
    return [f"{problem.line} {problem.path}: {problem.found}; {problem.possible}" for problem in check_text(text, "f")]


def only(text: str) -> str:
    problems = said(text)
    assert len(problems) == 1, problems
    return problems[0]


def with_head(line: str) -> str:
    return only(f"{HEAD}{line}\n{STEPS}")


def with_step(step: str) -> str:
    return only(f"{HEAD}{STEPS}  - {step}\n")


def with_theory(keys: str) -> str:
    return with_step(
        f"{{id: s, stage: pre_learning, done: passed, evidence: {{source: lms, activity: 'a:b'}}, {keys}}}"
    )


def test_a_right_program_has_no_problem() -> None:
    assert said(f"{HEAD}{STEPS}") == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("modle: flipped", "3 modle: unknown key 'modle'; did you mean 'model'? possible: program, version"),
        ("model: flip", "3 model: 'flip' is unknown here; did you mean 'flipped'? possible: flipped, rotation"),
        ("compliance: on", "3 compliance: 'on'; did you mean true?"),
        ("compliance: 1", "3 compliance: 1; possible: true, false"),
        ("zone: Europe/Berln", "3 zone: unknown zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
        ("zone: Qqqq", "3 zone: unknown zone 'Qqqq'; write a zone of the IANA database"),
        ("calendar: de-by@2025", "3 calendar: unknown calendar 'de-by@2025'; did you mean 'de-by@2026'?"),
        ("calendar: ../plain", "3 calendar: unknown calendar '../plain'; did you mean 'plain'?"),
        ("opens: 1 Sep", "3 opens: '1 Sep' is no date; write year, month and day"),
        ("opens: 2026", '3 opens: 2026; put it in quotes: "2026"'),
        ("opens:", "3 opens: nothing stands here; write a date"),
        ("deadline: soon", "3 deadline: 'soon' is no due rule; write `5wd after enrollment"),
        ("deadline: 90d after practise", "3 deadline: unknown anchor 'practise'; did you mean 'practice'?"),
        ("gaps:", "3 gaps: nothing stands here; write gap types"),
        ("notice: 2", '3 notice: 2; put it in quotes: "2"'),
        ("notice: two days", "3 notice: 'two days' is no span of time; write a number and a unit"),
        ("evidence_from: always", "3 evidence_from: 'always' is no span of time"),
        ("title: []", "3 title: an empty list; Input should be a valid string"),
        ("certificate: {valid: 24mo}", "3 certificate: `certificate` is not supported yet; leave it out"),
        ("cost: 3", "3 cost: `cost` is not supported yet"),
        ("version: 2", "3 version: the key 'version' stands twice; leave one out, the first is in line 2"),
    ],
)
def test_a_head_that_cannot_be_meant_is_refused(line: str, expected: str) -> None:
    assert with_head(line).startswith(expected)


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ("nevr_started: {}", "4 gaps.nevr_started: 'nevr_started' is unknown here; did you mean 'never_started'?"),
        ("knowledge_decay: {}", "4 gaps.knowledge_decay: no rule finds knowledge_decay yet; possible: never_started"),
        (
            "source_silent: {enabled: false}",
            "4 gaps.source_silent: source_silent is about a source, not a program; set the source's rhythm",
        ),
        ("no_show: {after: 3d}", "4 gaps.no_show.after: no_show has no patience to set; leave `after` out"),
        (
            "unprepared_for_session: {after: 3d}",
            "4 gaps.unprepared_for_session.after: unprepared_for_session has no pat",
        ),
        ("no_show: {at: [3d]}", "4 gaps.no_show.at: no_show does not speak before something; `at` is for unprepared"),
        (
            "unprepared_for_session: {at: [2h, 3d]}",
            "4 gaps.unprepared_for_session.at: spans out of order; write the ea",
        ),
        ("no_show: {enabled: no}", "4 gaps.no_show.enabled: 'no'; did you mean false?"),
        ("no_show: {sevrity: high}", "4 gaps.no_show.sevrity: unknown key 'sevrity'; did you mean 'severity'?"),
        ("no_show: {severity: hihg}", "4 gaps.no_show.severity: 'hihg' is unknown here; did you mean 'high'?"),
        ("no_show: {tell: [boss]}", "4 gaps.no_show.tell[0]: 'boss' is unknown here; possible: learner, coordinator"),
        ("no_show: {severity: {a: 1}}", "4 gaps.no_show.severity: a mapping is unknown here; possible: info"),
        ("no_show: {tell: []}", "4 gaps.no_show.tell: an empty list; write a list of who is told"),
    ],
)
def test_settings_of_a_gap_that_no_rule_would_read_are_refused(gaps: str, expected: str) -> None:
    assert with_head(f"gaps:\n  {gaps}").startswith(expected)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("word", "6 steps[2]: 'word'; write a list of steps"),
        ("{id: a.b, stage: live, done: {signed_off_by: [x]}}", "6 steps[2].id: unknown moment 'b' in 'a.b'"),
        ("{id: enrollment, stage: live, done: {signed_off_by: [x]}}", "6 steps[2].id: 'enrollment' is no id of a step"),
        (
            "{id: theory, stage: live, done: {signed_off_by: [x]}}",
            "6 steps[2].id: the id 'theory' is also that of steps",
        ),
        ("{stage: live, done: {signed_off_by: [x]}}", "6 steps[2].id: `id` is missing; write a short id"),
        (
            "{id: s, stage: prelearning, done: {signed_off_by: [x]}}",
            "6 steps[2].stage: 'prelearning' is unknown here; did",
        ),
        ("{id: s, stage: live}", "6 steps[2].done: `done` is missing; write passed, completed"),
        ("{id: s, stage: live, done: {}}", "6 steps[2].done: a mapping; write passed"),
        (
            "{id: s, stage: live, done: {anny: [passed]}}",
            "6 steps[2].done: no condition has the keys anny; did you mean 'a",
        ),
        ("{id: s, stage: live, done: {any: []}}", "6 steps[2].done.any: an empty list; write a list of conditions"),
        ("{id: s, stage: live, done: {any: [x], al: 1}}", None),
        (
            "{id: s, stage: live, done: {signed_off_by: [x], tmes: 2}}",
            "6 steps[2].done.tmes: unknown key 'tmes'; did you",
        ),
        (
            "{id: s, stage: live, done: {signed_off_by: [x], times: 0}}",
            "6 steps[2].done.times: 0; Input should be greater",
        ),
        ("{id: s, stage: live, done: {signed_off_by: x}}", "6 steps[2].done.signed_off_by: 'x'; write a list of roles"),
        (
            "{id: s, stage: live, done: passed}",
            "6 steps[2].done: `done: passed`, but no `evidence` says of which activity;",
        ),
        ("{id: s, stage: live, done: {any: [passed]}}", "6 steps[2].done: `done`, but no `evidence` says of which"),
        (
            "{id: s, stage: live, done: present >= 80%}",
            "6 steps[2].done: `done: present >= 80%`, but the step has no `li",
        ),
        (
            "{id: s, stage: live, done: {signed_off_by: [x]}, live: {course: C}}",
            "6 steps[2].live: `live` that `done` never",
        ),
        (
            "{id: s, stage: live, done: {signed_off_by: [x]}, roster: booking}",
            "6 steps[2].roster: `roster` in a step with",
        ),
        (
            "{id: s, stage: live, done: {signed_off_by: [x]}, channels: {room: sheet}}",
            "6 steps[2].channels: `channels` in",
        ),
        (
            "{id: s, stage: live, done: {signed_off_by: [x]}, attempts: {take: first}}",
            "6 steps[2].attempts: `attempts` in a st",
        ),
        (
            "{id: s, stage: live, done: {distinct: 1, of: {signed_off_by: [x]}}}",
            "6 steps[2].done.of: `distinct` counts ac",
        ),
    ],
)
def test_a_step_that_cannot_be_meant_is_refused(step: str, expected: str | None) -> None:
    if expected is None:
        assert len(said(f"{HEAD}{STEPS}  - {step}\n")) == 2
        return
    assert with_step(step).startswith(expected)


@pytest.mark.parametrize(
    ("live", "more", "expected"),
    [
        (
            "{course: C, parts: 2, attend: 3}",
            "",
            "6 steps[2].live.attend: attend 3 of 2: that can never be met; at most 2",
        ),
        ("{course: 4711}", "", '6 steps[2].live.course: 4711; put it in quotes: "4711"'),
        (
            "{course: C, makeup: any_offering}",
            "",
            "6 steps[2].live.makeup: unknown key 'makeup'; did you mean 'make_up'?",
        ),
        (
            "{course: C}",
            "roster: cohort",
            "6 steps[2].roster: the roster 'cohort' is not supported yet; write roster: b",
        ),
        ("{course: C}", "roster: boking", "6 steps[2].roster: 'boking' is unknown here; did you mean 'booking'?"),
        ("{course: C}", "channels: {}", "6 steps[2].channels: a mapping; write the ways of being there"),
        ("{course: C}", "evidence: {source: lms, activity: 'a:b'}", None),
        ("{course: C}", "each: {at: [1d], after: theory, within: 1d}", "6 steps[2].each: `each` in a live step"),
        ("{course: C}", "missed: checkpoint_missed", "6 steps[2].missed: `missed` is not supported yet"),
        ("{course: C}", "due: 1d before s.start", "6 steps[2].due: a circle: s waits for s; count from another step"),
        ("{course: C}", "after: {steps: [s]}", "6 steps[2].after: a circle: s waits for s"),
        ("{course: C}", "after: {steps: []}", "6 steps[2].after.steps: an empty list"),
        (
            "{course: C}",
            "after: {steps: [theori]}",
            "6 steps[2].after.steps[0]: unknown step 'theori'; did you mean 'theo",
        ),
        (
            "{course: C}",
            "after: {steps: [theory], gate: hard}",
            "6 steps[2].after.gate: 'hard' is unknown here; possible:",
        ),
        (
            "{course: C}",
            "after: {step: [theory], steps: [theory]}",
            "6 steps[2].after.step: unknown key 'step'; did you m",
        ),
    ],
)
def test_a_live_step_that_cannot_be_meant_is_refused(live: str, more: str, expected: str | None) -> None:
    step = f"{{id: s, stage: live, live: {live}, done: present >= 80%, {more}}}"
    if expected is None:
        assert "6 steps[2].live: both `live` and `evidence`; make two steps of it" in said(f"{HEAD}{STEPS}  - {step}\n")
        return
    assert with_step(step).startswith(expected)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("due: 5wd after practise", "6 steps[2].due: unknown anchor 'practise'; did you mean 'practice'?"),
        (
            "due: 5wd after theory.start",
            "6 steps[2].due: 'theory' has no sessions, so no start: it is no live step; did ",
        ),
        (
            "due: 5wd before enrollment",
            "6 steps[2].due: a due before the enrollment has always passed; write `after enr",
        ),
        (
            "due: 1d before practice",
            "6 steps[2].due: `before practice` is known only once practice was satisfied; write `b",
        ),
        (
            "due: 1d before theory",
            "6 steps[2].due: `before theory` is known only once theory was satisfied; write `after",
        ),
        ("due: 5wd after s", "6 steps[2].due: a circle: s waits for s"),
        ("due: [2026-11-13]", "6 steps[2].due: a list of dates; not supported yet, it goes with `cycle`"),
        ("due: 5wd after enrollment at 18.00", "6 steps[2].due: '18.00' is no time of day"),
        ("attempts: {max: 3}", "6 steps[2].attempts.max: `max` is not supported yet; leave it out"),
        ("attempts: {take: worst}", "6 steps[2].attempts.take: 'worst' is unknown here"),
        ("required: yes", "6 steps[2].required: 'yes'; did you mean true?"),
        ("pair: {test: t}", "6 steps[2].pair: `pair` is not supported yet; leave it out; the two tests stay steps"),
        ("stalled: 28d", "6 steps[2].stalled: `stalled` is not supported yet"),
        ("for: {role: [x]}", "6 steps[2].for: `for` is not supported yet; write one program for each role"),
        ("accepts: [x]", "6 steps[2].accepts: `accepts` is not supported yet"),
        ("weight: 2", "6 steps[2].weight: `weight` is not supported yet"),
        ("each: {at: [3d, 2d], after: practice, within: 4d}", "6 steps[2].each.at: 3d, 2d: occurrences out of order"),
        ("each: {at: [], after: practice, within: 4d}", "6 steps[2].each.at: an empty list"),
        (
            "each: {at: [3d], after: practise, within: 4d}",
            "6 steps[2].each.after: unknown anchor 'practise'; did you m",
        ),
        (
            "each: {at: [3d], after: theory.end, within: 4d}",
            "6 steps[2].each.after: 'theory' has no sessions, so no end",
        ),
        ("each: {at: [3d], after: practice, within: 0d}", "6 steps[2].each.within: 0d: due as it opens"),
        ("each: {at: [3d], after: practice}", "6 steps[2].each.within: `within` is missing; write a number and a unit"),
        ("each: {at: [3d], after: s, within: 4d}", "6 steps[2].each.after: a circle: s waits for s"),
        ("each: {at: [3d], after: practice, within: 4d}, due: 2026-10-09", "6 steps[2].due: both `due` and `each`"),
    ],
)
def test_a_step_with_evidence_that_cannot_be_meant_is_refused(keys: str, expected: str) -> None:
    assert with_theory(keys).startswith(expected)


@pytest.mark.parametrize(
    ("evidence", "more", "expected"),
    [
        ("{source: lms, activity: theory}", "", "6 steps[2].evidence.activity: 'theory' is no IRI; write the whole id"),
        ("{source: lms, activity: 'a:b c'}", "", "6 steps[2].evidence.activity: 'a:b c' is no IRI"),
        ("{source: lms}", "", "6 steps[2].evidence.activity: `activity` is missing; write the activity's IRI"),
        ("{source: a/b, activity: 'a:b'}", "", "6 steps[2].evidence.source: 'a/b'; write the name of the source"),
        (
            "{sorce: lms, source: lms, activity: 'a:b'}",
            "",
            "6 steps[2].evidence.sorce: unknown key 'sorce'; did you mean",
        ),
        (
            "{source: lms, activity: 'a:b', match: prefx}",
            "",
            "6 steps[2].evidence.match: 'prefx' is unknown here; did you",
        ),
        ("{source: lms, activity: 'a:{n}'}", "", "6 steps[2].evidence.activity: `{n}` without `each`"),
        (
            "{source: lms, activity: 'a:{k}'}",
            "",
            "6 steps[2].evidence.activity: unknown placeholder '{k}'; the only one",
        ),
        ("{source: lms, activity: 'a:{cycle}'}", "", "6 steps[2].evidence.activity: `{cycle}` is not supported yet"),
        (
            "{source: lms, activity: 'a:{n}{n}'}",
            "each: {at: [3d], after: theory, within: 1d}",
            "6 steps[2].evidence.activ",
        ),
        (
            "{source: lms, activity: 'a:{n}', match: prefix}",
            "each: {at: [3d], after: theory, within: 1d}",
            "6 steps[2].evidence.activity: `{n}` with `match: prefix`: 1 also begins 10",
        ),
    ],
)
def test_evidence_that_shows_nothing_is_refused(evidence: str, more: str, expected: str) -> None:
    step = f"{{id: s, stage: support, done: opened, evidence: {evidence}, {more}}}"

    assert with_step(step).startswith(expected)


@pytest.mark.parametrize(
    ("done", "more", "expected"),
    [
        (
            "{distinct: 2, of: completed}",
            "",
            "6 steps[2].done.distinct: 2 different activities, but `evidence` names one",
        ),
        (
            "{any: [{distinct: 2, of: completed}]}",
            "",
            "6 steps[2].done.any[0].distinct: 2 different activities, but `ev",
        ),
        (
            "{all: [{distinct: 2, of: completed}]}",
            "",
            "6 steps[2].done.all[0].distinct: 2 different activities, but `ev",
        ),
        ("{distinct: 0, of: completed}", "", "6 steps[2].done.distinct: 0; Input should be greater"),
        ("{distinct: 2}", "", "6 steps[2].done.of: `of` is missing; write passed"),
        (
            "{distinct: 1, of: completed}",
            "each: {at: [1d], after: theory, within: 1d}",
            "6 steps[2].done.distinct: `distinct` in a step with `each`",
        ),
        ("{signed_off_by: [x]}", "", "6 steps[2].evidence: `evidence` that `done` never reads; leave it out"),
        (
            "{all: [passed, {signed_off_by: [x], within: 5wd}]}",
            "",
            "6 steps[2].done.all[1].within: `within` of a sign-off is not supported yet",
        ),
        (
            "{any: [passed, score >= 80]}",
            "",
            "6 steps[2].done.any[1]: 'score >= 80' can never be met; did you mean 'scor",
        ),
    ],
)
def test_a_condition_out_of_reach_is_refused(done: str, more: str, expected: str) -> None:
    step = f"{{id: s, stage: support, done: {done}, evidence: {{source: lms, activity: 'a:b'}}, {more}}}"

    assert with_step(step).startswith(expected)


def test_what_comes_later_as_a_whole_is_one_problem() -> None:
    assert with_step("{cycle: [1, 2], steps: []}").startswith("6 steps[2].cycle: `cycle` is not supported yet; write")
    assert with_step("{id: s, stage: live, survey: {of: theory}}").startswith("6 steps[2].survey: `survey` is not supp")
    assert with_step("{id: s, stage: support, help: {source: d}}").startswith(
        "6 steps[2].help: `help` is not supported"
    )


def test_steps_that_wait_for_each_other_are_a_circle() -> None:
    steps = """steps:
  - {id: a, stage: live, done: {signed_off_by: [x]}, due: 1d after b}
  - {id: b, stage: live, done: {signed_off_by: [x]}, after: {steps: [c]}}
  - {id: c, stage: live, done: {signed_off_by: [x]}, due: 1d after a}
"""

    assert only(HEAD + steps) == (
        "4 steps[0].due: a circle: a waits for b waits for c waits for a; "
        "change one of steps[0].due, steps[1].after, steps[2].due"
    )


def test_theory_due_before_the_practice_that_waits_for_it_is_no_circle() -> None:
    steps = """steps:
  - {id: a, stage: live, done: {signed_off_by: [x]}, due: 1d before b.start}
  - {id: b, stage: live, live: {course: C}, done: present >= 80%, after: {steps: [a]}}
  - {id: c, stage: live, done: {signed_off_by: [x]}, due: 1d after b}
"""

    assert said(HEAD + steps) == []


def test_a_step_due_after_the_session_that_it_gates_is_a_circle() -> None:
    steps = """steps:
  - {id: a, stage: live, done: {signed_off_by: [x]}, due: 1d after b.start}
  - {id: b, stage: live, live: {course: C}, done: present >= 80%, after: {steps: [a]}}
"""

    assert only(HEAD + steps).startswith("4 steps[0].due: a circle: a waits for b waits for a")


def test_a_date_before_the_program_opens_is_refused() -> None:
    text = f"{HEAD}opens: 2026-09-01\ndeadline: 2026-08-01\n{STEPS}"

    assert only(text).startswith("4 deadline: due on 2026-08-01, before the program opens on 2026-09-01")


def test_one_broken_key_does_not_hide_the_next() -> None:
    text = f"""{HEAD}zone: Nowhere
{STEPS}  - id: s
    stage: suport
    done: {{signed_off_by: [x]}}
    due: 5wd after practise
    after: {{steps: [theori]}}
gaps:
  nevr_started: {{}}
  no_show: {{after: 3d}}
"""

    assert [problem.split(":")[0] for problem in said(text)] == [
        "3 zone",
        "8 steps[2].stage",
        "10 steps[2].due",
        "11 steps[2].after.steps[0]",
        "13 gaps.nevr_started",
        "14 gaps.no_show.after",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1 : no program here; a program begins with"),
        ("- 1", "1 : no program here"),
        ("program: crane\nversion: [1\n", "3 : no YAML: expected ',' or ']'"),
        ("a: 'x\n", "2 : no YAML: found unexpected end of stream; mend the YAML here; is a quote missing?"),
        ("a: \x07", "1 : no YAML:"),
        ("a: &x 1\nb: *x\n", "2 : no YAML: an alias (*); write the value itself"),
        ("a: 1\n---\nb: 1\n", "2 : no YAML: but found another document"),
        ("[" * 5000, "1 : lists within lists without end"),
        ("x" * 1_000_001, "1 : 1000001 characters; a program has at most 1000000"),
    ],
)
def test_what_is_no_program_is_refused(text: str, expected: str) -> None:
    assert said(text)[0].startswith(expected)


def test_without_its_head_a_program_has_no_name() -> None:
    assert said("title: x\n") == [
        "1 program: `program` is missing; write the program's id: letters, digits, -, _ and ., e.g. crane-signaller",
        "1 steps: `steps` is missing; write a list of steps, each with id, stage and done",
        "1 version: `version` is missing; write a whole number from 1",
    ]


def test_what_yaml_would_guess_is_refused_or_kept_as_text() -> None:
    assert with_head("title: !!binary aGk=").startswith("3 title: the tag tag:yaml.org,2002:binary; leave the tag out")
    assert with_head("title: !!int many").startswith("3 title: the tag tag:yaml.org,2002:int; leave the tag out")
    assert with_head("title: true").startswith("3 title: true; ")
    assert with_head("title: 1.5").startswith('3 title: 1.5; put it in quotes: "1.5"')
    assert with_head("title: !x {a: 1}").startswith("3 title: the tag !x; leave the tag out")
    assert any("a key that is a list" in problem for problem in said(f"{HEAD}? [a]\n: 1\n{STEPS}"))
    assert said(f"{HEAD}title: off\n{STEPS}") == []
    assert said(f"{HEAD}title: 18:00\n{STEPS}") == []
    assert with_head("version: 010").startswith("3 version: the key")


def test_more_steps_than_anybody_can_follow_are_refused() -> None:
    steps = "".join(THEORY.replace("theory", f"s{number}") for number in range(201))

    assert only(f"{HEAD}steps:\n{steps}").startswith("3 steps: a list; write a list of steps")


def test_a_file_is_checked_under_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "crane.yaml"
    file.write_text(f"{HEAD}{STEPS}")
    assert check_program(file) == ()
    assert load_program(file)["program"] == "crane"

    file.write_text(f"{HEAD}zone: X\n{STEPS}")
    (problem,) = check_program(file)
    assert str(problem).startswith(f"{file}:3: zone: unknown zone 'X'; ")
    with pytest.raises(ProgramRefused, match="unknown zone 'X'") as refused:
        load_program(file)
    assert refused.value.problems == (problem,)

    file.write_bytes(b"title: caf\xe9\n")
    (problem,) = check_program(file)
    assert str(problem) == f"{file}:1: byte 10 is no UTF-8; save the file as UTF-8 text"


def test_no_definition_comes_of_a_refused_text() -> None:
    with pytest.raises(ProgramRefused):
        parse_program("", "nothing")


PIECES = [
    "",
    " ",
    "\n",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "!!int ",
    "&a ",
    "*a",
    "'",
    "null",
    "true",
    "1",
    "é",
    "\x00",
    "each: {}",
    "live: {}",
]


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=3))
def test_a_file_that_somebody_broke_is_refused_or_still_means_a_program(edits: list[tuple[int, int, str]]) -> None:
    text = shipped_program("lockout-tagout").read_text(encoding="utf-8")
    for position, length, piece in edits:
        text = text[:position] + piece + text[position + length :]

    problems = check_text(text, "f")

    assert all(problem.found and problem.possible and problem.line >= 1 for problem in problems)
    if not problems:
        assert compile_program(parse_program(text, "f"), 1).steps
