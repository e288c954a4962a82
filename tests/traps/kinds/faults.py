"""Servers that are down, slow or limited, for some of the calls or for all of them."""

import dataclasses

from tests.traps.answers import NO_KEY, REFUSED, USER, data, empty, fault, in_turn, text
from tests.traps.trap import good, unknown

LIMITED = data({"message": "Too many requests"}, 429, (("Retry-After", "0"),))
LIMITED_ONE_SECOND = data({"message": "Too many requests"}, 429, (("Retry-After", "1"),))
LIMITED_LONG = data({"message": "Daily limit"}, 429, (("Retry-After", "86400"),))
DOWN = text("Internal Server Error", 500)
BUSY = empty(503, (("Retry-After", "0"),))
HANG, RESET = fault("hang"), fault("reset")
SLOW_REFUSAL = dataclasses.replace(REFUSED, wait=0.3)

TRAPS = [
    unknown("limited_for_all", LIMITED),
    unknown("limited_for_a_day", LIMITED_LONG),
    unknown(
        "limited_in_200",
        data({"Note": "Thank you for using our API! Our standard call frequency is 5 calls per minute."}),
    ),
    unknown("down_for_all", DOWN),
    unknown("busy_for_all", BUSY, form="bearer"),
    unknown("hang_for_all", HANG, timeout=0.5),
    unknown("reset_for_all", RESET),
    unknown("drip_for_all", fault("drip"), timeout=0.5),
    unknown("drip_for_real_alone", fault("drip"), NO_KEY, timeout=0.5),
    unknown("cut_for_all", fault("cut")),
    unknown("cut_for_real_alone", fault("cut"), NO_KEY),
    unknown("hang_for_real_alone", HANG, REFUSED, NO_KEY, timeout=0.5),
    unknown("down_for_real_alone", DOWN, REFUSED, NO_KEY),
    unknown("endless_for_all", fault("endless"), timeout=1.0),
    good("endless_rows_for_real_alone", fault("endless"), REFUSED, NO_KEY, timeout=2.0),
    unknown("wrong_and_none_limited", USER, LIMITED, LIMITED),
    unknown("wrong_and_none_limited_for_a_day", USER, LIMITED_LONG, LIMITED_LONG),
    unknown("wrong_and_none_down", USER, DOWN, DOWN),
    unknown("wrong_and_none_hang", USER, HANG, HANG, timeout=0.5),
    unknown("wrong_and_none_reset", USER, RESET, RESET),
    unknown("wrong_and_none_busy", USER, BUSY, BUSY, form="bearer"),
    unknown("wrong_hangs_none_data", USER, HANG, USER, timeout=0.5),
    unknown("wrong_down_none_data", USER, DOWN, USER),
    unknown("wrong_limited_none_data", USER, LIMITED, USER),
    unknown("wrong_drips_none_drips", USER, fault("drip"), fault("drip"), timeout=0.5),
    unknown("wrong_cut_none_cut", USER, fault("cut"), fault("cut")),
    good("limited_once_then_refused", USER, in_turn(LIMITED, REFUSED), in_turn(LIMITED, NO_KEY)),
    good(
        "limited_one_second_then_refused",
        USER,
        in_turn(LIMITED_ONE_SECOND, REFUSED),
        in_turn(LIMITED_ONE_SECOND, NO_KEY),
    ),
    good("down_once_then_refused", USER, in_turn(DOWN, REFUSED), in_turn(DOWN, NO_KEY)),
    good("busy_once_then_refused", USER, in_turn(BUSY, REFUSED), in_turn(BUSY, NO_KEY), form="bearer"),
    good("reset_once_then_refused", USER, in_turn(RESET, REFUSED), in_turn(RESET, NO_KEY)),
    good("tarpit_for_wrong", USER, SLOW_REFUSAL, NO_KEY),
    good(
        "wrong_down_none_refused",
        USER,
        DOWN,
        NO_KEY,
        form="bearer",
        undecidable="a 500 to a wrong token doesn't say why",
    ),
    good(
        "wrong_hangs_none_refused",
        USER,
        HANG,
        NO_KEY,
        timeout=0.5,
        undecidable="no answer came to the wrong key",
    ),
    good(
        "wrong_limited_none_refused",
        USER,
        LIMITED,
        NO_KEY,
        undecidable="the limit hides the answer to the wrong key",
    ),
    good("none_hangs_wrong_refused", USER, REFUSED, HANG, timeout=0.5),
    good("none_down_wrong_refused", USER, REFUSED, DOWN),
    good("none_limited_wrong_refused", USER, REFUSED, LIMITED),
    good("none_reset_wrong_refused", USER, REFUSED, RESET),
    good("slow_but_in_time", dataclasses.replace(USER, wait=0.4), REFUSED, NO_KEY, timeout=2.0),
    good(
        "real_limited_once",
        in_turn(LIMITED, USER),
        REFUSED,
        NO_KEY,
        undecidable="a limit on the real call may end the validation",
    ),
    good(
        "real_down_once",
        in_turn(DOWN, USER),
        REFUSED,
        NO_KEY,
        undecidable="a fault of the real call may end the validation",
    ),
]
