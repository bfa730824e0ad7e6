from pipeline.usecases.keep_due import DueBook


def test_a_pass_deals_with_the_marking_it_began_with() -> None:
    due = DueBook()
    due.learn("hub", {"a": 1})

    due.begin("hub/a")

    assert due.settled("hub/a") == 1
    assert due.learn("hub", {"a": 2}) == ["hub/a"]


def test_news_during_a_pass_is_not_settled_by_it() -> None:
    due = DueBook()
    due.learn("hub", {"a": 1})
    due.begin("hub/a")

    fresh = due.learn("hub", {"a": 2})

    assert fresh == ["hub/a"]
    assert due.settled("hub/a") == 1
    assert due.learn("hub", {"a": 2}) == []


def test_a_dossier_that_stays_due_is_woken_once_and_not_at_every_look() -> None:
    due = DueBook()

    assert due.learn("hub", {"a": 1, "b": 1}) == ["hub/a", "hub/b"]
    assert due.learn("hub", {"a": 1, "b": 3}) == ["hub/b"]


def test_a_pass_without_a_marking_settles_nothing() -> None:
    due = DueBook()

    due.begin("hub/a")

    assert due.settled("hub/a") is None
