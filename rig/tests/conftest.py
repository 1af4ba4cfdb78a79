# SPDX-License-Identifier: GPL-2.0-only
"""Has pytest find the rig's modules and print TAP."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))


class Tap:
    """A line a test, as it ends; the plan when all have."""

    def __init__(self):
        self.count = 0

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        self.count += 1
        name = report.nodeid.split("/")[-1].replace("#", "")
        print(f"{'ok' if report.passed else 'not ok'} {self.count} - {name}")
        if report.failed:
            for line in str(report.longrepr).splitlines()[-15:]:
                print(f"# {line}")

    def pytest_collectreport(self, report):
        if report.failed:
            self.count += 1
            print(f"not ok {self.count} - {report.nodeid} can be read\n# {report.longrepr}")

    def pytest_sessionfinish(self):
        print(f"1..{self.count}")


def pytest_configure(config):
    print("TAP version 13")
    config.pluginmanager.register(Tap())
