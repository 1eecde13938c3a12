from milepost.sources.kept_answers import kept_for_short


def test_what_was_asked_about_a_short_text_is_known_and_a_long_one_is_not_kept() -> None:
    asked: list[str] = []

    @kept_for_short(most=2, longest=3)
    def shouted(text: str) -> str:
        asked.append(text)
        return text.upper()

    assert [shouted(text) for text in ("abc", "abc", "long", "long")] == ["ABC", "ABC", "LONG", "LONG"]
    assert asked == ["abc", "long", "long"]


def test_what_is_kept_has_an_end() -> None:
    asked: list[str] = []

    @kept_for_short(most=2, longest=3)
    def shouted(text: str) -> str:
        asked.append(text)
        return text.upper()

    for text in ("a", "b", "c", "a"):
        shouted(text)

    assert asked == ["a", "b", "c", "a"]
