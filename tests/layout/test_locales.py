"""Numbers and dates by locale: the kernel against the slow twin, the locales' facts against Babel's copy of the CLDR."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from printstream.base import program as w
from printstream.base.codepage import CodePage
from printstream.base.errors import JobError
from printstream.layout.locale import Locale, load_locale
from tests.kernels.textkit import Texts
from tests.reference import text as twin

NAMES = [
    *(
        "en-US",
        "en-GB",
        "en-CA",
        "en-IN",
        "de-DE",
        "de-AT",
        "fr-FR",
        "fr-CA",
        "nl-NL",
        "it-IT",
        "es-ES",
        "pl-PL",
    ),
    *("sv-SE", "da-DK", "zh-CN", "ja-JP"),
]
FORMS = {
    "int": w.F_GROUPED,
    "money": w.F_MONEY,
    "fixed2": w.F_FIXED2,
    "currency": w.F_CURRENCY,
    "date": w.F_DATE_US,
    "short": w.F_DATE_SHORT,
    "medium": w.F_DATE_MEDIUM,
    "long": w.F_DATE_LONG,
}
NUMBERS, DATES = ("int", "money", "fixed2", "currency"), ("date", "short", "medium", "long")
FIRST, LAST = (date(1, 1, 1) - date(1970, 1, 1)).days, (date(9999, 12, 31) - date(1970, 1, 1)).days


@cache
def writer(name: str, form: str) -> tuple[Texts, CodePage]:
    """A text that writes one number by a locale; its record lies behind other literals."""
    locale = load_locale(name)
    page = CodePage.of("".join(map(chr, range(32, 127))) + locale.characters(FORMS[form]))
    record = locale.record(FORMS[form], page.encode)
    assert record is not None
    return Texts([[w.PART_NUMBER, w.SRC_BUILTIN, 0, record[0], 3]], b"xyz" + record[1]), page


def shown(name: str, form: str, value: int) -> str:
    texts, page = writer(name, form)
    texts.builtins[0] = value
    found = texts.render()
    assert found is not None
    assert len(found) <= 40, "more than the kernel keeps free for a number"
    return "".join(chr(page.unicode[code]) for code in found)


whole_numbers = st.integers(0, 18).flatmap(
    lambda digits: st.one_of(
        st.integers(-(10**digits), 10**digits), st.sampled_from([10**digits - 1, 10**digits, 1 - 10**digits])
    )
) | st.sampled_from([2**63 - 1, 1 - 2**63, 0])


@pytest.mark.parametrize("form", NUMBERS)
@given(name=st.sampled_from(NAMES), value=whole_numbers)
def test_numbers_agree_with_the_twin(form: str, name: str, value: int) -> None:
    assert shown(name, form, value) == twin.local_number(value, form, twin.LOCALES[name])


@pytest.mark.parametrize("form", DATES)
@given(name=st.sampled_from(NAMES), days=st.integers(FIRST, LAST))
@example(name="de-DE", days=FIRST)
@example(name="fr-FR", days=LAST)
@example(name="zh-CN", days=-1)
def test_dates_agree_with_the_twin(form: str, name: str, days: int) -> None:
    day = date(1970, 1, 1) + timedelta(days=days)
    assert shown(name, form, days) == twin.local_date(day, form, twin.LOCALES[name])


def test_what_people_expect_to_read() -> None:
    day = (date(2025, 8, 1) - date(1970, 1, 1)).days
    read = {
        ("de-DE", "currency", 123456789): "1.234.567,89\u00a0€",
        ("de-DE", "currency", -500): "-5,00\u00a0€",
        ("en-GB", "currency", -500): "-£5.00",
        ("fr-FR", "money", 123456789): "1\u202f234\u202f567,89",
        ("en-IN", "int", 123456789): "12,34,56,789",
        ("es-ES", "int", 1234): "1234",
        ("es-ES", "int", 12345): "12.345",
        ("de-DE", "date", day): "01.08.2025",
        ("de-DE", "long", day): "1. August 2025",
        ("fr-FR", "long", day): "1 août 2025",
        ("es-ES", "long", day): "1 de agosto de 2025",
        ("en-GB", "date", day): "01/08/2025",
        ("en-US", "long", day): "August 1, 2025",
        ("zh-CN", "long", day): "2025年8月1日",
        ("sv-SE", "short", day): "25-08-01",
    }
    assert {key: shown(*key) for key in read} == read


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_are_those_of_the_cldr(name: str) -> None:
    babel = pytest.importorskip("babel", reason="Babel is not installed (printstream[test])")
    from babel.dates import format_date
    from babel.numbers import format_currency, format_decimal

    locale, key = load_locale(name), name.replace("-", "_")
    known = babel.Locale.parse(key)
    assert locale.long == known.date_formats["long"].pattern
    assert locale.medium == known.datetime_skeletons["yMMMd"].pattern
    for day in (date(2026, month, 9) for month in range(1, 13)):
        days = (day - date(1970, 1, 1)).days
        for form in DATES:
            pattern = getattr(locale, form)
            assert shown(name, form, days) == format_date(day, pattern, key)
    currency = {"£": "GBP", "€": "EUR", "₹": "INR", "zł": "PLN", "kr": "SEK", "kr.": "DKK"}.get(
        locale.currency
    )
    currency = (
        currency or {"en-US": "USD", "en-CA": "CAD", "fr-CA": "CAD", "zh-CN": "CNY", "ja-JP": "JPY"}[name]
    )
    # Babel groups four digits everywhere; the CLDR's minimumGroupingDigits is 2 in Spanish and Polish.
    four = () if name in ("es-ES", "pl-PL") else (123_456,)
    for cents in (0, 5, *four, 1_234_567, 123_456_789):
        amount = Decimal(cents).scaleb(-2)
        written = format_currency(amount, currency, locale=key, currency_digits=False)
        assert shown(name, "currency", cents) == written.replace("\uffe5", "¥")
        plain = format_decimal(amount, "#,##0.00" if name != "en-IN" else "#,##,##0.00", locale=key)
        assert shown(name, "money", cents) == plain


def test_an_unknown_locale_and_a_bad_pattern_are_refused() -> None:
    with pytest.raises(JobError, match=r"no locale 'de-XX'. Did you mean 'de-"):
        load_locale("de-XX")
    values = load_locale("de-DE").model_dump() | {"date": "EEE d.M.y"[4:] + "MMMMM"}
    with pytest.raises(ValueError, match="known are"):
        Locale.model_validate(values)


def test_the_default_formats_do_not_ask_for_a_locale() -> None:
    numbers = np.array([w.F_GROUPED, w.F_MONEY, w.F_PADDED, w.F_DATE_ISO, w.F_PLAIN])
    assert (numbers < w.F_LOCAL_GROUPED).all()
    assert load_locale("de-DE").record(w.F_DATE_ISO, str.encode) is None
    assert load_locale("de-DE").record(w.F_PADDED, str.encode) is None
