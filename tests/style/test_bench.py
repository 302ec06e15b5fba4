"""What the bench makes of what it measured."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import chart
import overload
import rounds

CALM, BUSY, SLOW = [50, 0, 0, 5000], [50, 50, 0, 5000], [50, 0, 0, 90000]


def recovery(after):
    """Two calm seconds, three of overload, and what comes then, in slots of 0.1 s."""
    said = {"slot_ms": 100, "slots": [CALM] * 20 + [BUSY] * 30 + after}
    return overload.seconds_to_recover(said, 2, 3)


class Bench(unittest.TestCase):
    def test_a_round_that_repeats_itself_is_an_error(self):
        rounds.refuse_repetition({"name": "join", "most": 100}, {"requests": 100})
        rounds.refuse_repetition({"name": "status"}, {"requests": 10 ** 9})
        with self.assertRaises(RuntimeError):
            rounds.refuse_repetition({"name": "join", "most": 100}, {"requests": 101})

    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        def samples(*rates):
            return [{"rate": rate, "cpu_us": {"web": 1000 / rate}} for rate in rates]

        told = rounds.compare(samples(10, 40, 90), samples(10, 20, 30))
        self.assertEqual((told["rate"], told["rate_least"], told["rate_most"]), (2, 1, 3))
        self.assertAlmostEqual(told["cpu"], 0.5)

    def test_recovery_ends_with_the_last_refusal(self):
        self.assertEqual(recovery([CALM] * 40), 0)
        self.assertAlmostEqual(recovery([BUSY] * 7 + [CALM] * 33), 0.7)

    def test_one_slow_slot_later_on_is_everyday_life(self):
        self.assertAlmostEqual(recovery([BUSY] * 7 + [CALM] * 20 + [SLOW] + [CALM] * 12), 0.7)
        self.assertAlmostEqual(recovery([BUSY] * 7 + [CALM] * 20 + [SLOW] * 2 + [CALM] * 11), 2.9)

    def test_the_picture_has_room_for_ten_seconds(self):
        self.assertEqual((chart.by_decades(0), chart.by_decades(10000)), (0, 1))
        self.assertLess(chart.by_decades(1000), chart.by_decades(3000))


unittest.main()
