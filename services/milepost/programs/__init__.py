"""Program files: reading them, refusing what cannot be meant, and the definitions that are published from them."""

from milepost.programs.loader import Definition, check_program, check_text, load_program, parse_program
from milepost.programs.problem import Problem, ProgramRefused
from milepost.programs.shipped import find_calendar, list_calendars, list_programs, shipped_program

__all__ = [
    "Definition",
    "Problem",
    "ProgramRefused",
    "check_program",
    "check_text",
    "find_calendar",
    "list_calendars",
    "list_programs",
    "load_program",
    "parse_program",
    "shipped_program",
]
