# SPDX-License-Identifier: GPL-2.0-only
"""Writes what a test run found: TAP as it goes, then a table, KTAP and JUnit XML."""

import collections
import dataclasses
import sys
import xml.etree.ElementTree as xml

from common import shown, write_if_different
from ktap import FAIL, PASS, SKIP

XFAIL, XPASS = "xfail", "xpass"     # a known bug of stock showed, or did not
SLOWEST = 10                        # so many cases are named as the slowest


@dataclasses.dataclass
class Finding:
    """One result of one case."""
    case: str
    name: str
    status: str
    detail: str = ""
    seconds: float = 0      # of the whole case, on its first finding

    @property
    def suite(self):
        return self.case.partition("/")[0]

    @property
    def bad(self):
        return self.status in (FAIL, XPASS)

    def tap(self, number):
        """The line for it; a known bug of stock is TAP's "to do"."""
        directive = {SKIP: f" # SKIP {self.detail}", XFAIL: f" # TODO {self.detail}",
                     XPASS: f" # unexpected pass, {self.detail}"}.get(self.status, "")
        word = "ok" if self.status in (PASS, SKIP) else "not ok"
        return f"{word} {number} - {self.case}: {self.name.replace('#', '')}{directive}"


class Report:
    """Collects findings; prints each case's when it is over."""

    def __init__(self, repeat):
        self.findings, self.repeat = [], repeat
        print("TAP version 13", flush=True)

    def add(self, findings, outcome):
        """A case is over: its TAP lines, and what helps when something failed."""
        for finding in findings:
            self.findings.append(finding)
            print(finding.tap(len(self.findings)))
            if finding.bad and finding.detail:
                print(f"# {finding.detail}")
        if outcome and any(finding.bad for finding in findings):
            self.explain(findings[0].case, outcome)
        sys.stdout.flush()

    def explain(self, case, outcome):
        print(f"# guest {outcome.reason}; the console's last lines:")
        for line in last_lines(outcome.console, 25):
            print(f"#   {line}")
        print(f"# console: {shown(outcome.console)}")
        print(f"# repeat:  {self.repeat} '{case}'")

    def count(self, *statuses):
        return sum(finding.status in statuses for finding in self.findings)

    def close(self, seconds):
        """The plan, the table, and the line that sums it all up; True when all is well."""
        print(f"1..{len(self.findings)}\n")
        self.table(seconds)
        bad = self.count(FAIL, XPASS)
        print(f"{self.count(PASS)} passed, {bad} failed", flush=True)
        return not bad

    def table(self, seconds):
        by_suite = collections.defaultdict(list)
        for finding in self.findings:
            by_suite[finding.suite].append(finding)
        print(f"{'suite':<12}{'cases':>6}{'passed':>8}{'failed':>8}{'skipped':>9}"
              f"{'known':>7}{'time':>9}")
        for suite, found in sorted(by_suite.items()):
            self.row(suite, found, sum(finding.seconds for finding in found))
        self.row("all", self.findings, seconds)
        self.slowest()
        for title, status in (("passed, but", PASS), ("skipped", SKIP),
                              ("expected to fail", XFAIL),
                              ("passed, though expected to fail", XPASS), ("failed", FAIL)):
            self.listing(title, status)

    @staticmethod
    def row(name, found, seconds):
        counts = collections.Counter(finding.status for finding in found)
        cases = len({finding.case for finding in found})
        print(f"{name:<12}{cases:>6}{counts[PASS]:>8}{counts[FAIL] + counts[XPASS]:>8}"
              f"{counts[SKIP]:>9}{counts[XFAIL]:>7}{seconds:>7.0f} s")

    def slowest(self):
        """The cases to look at when a run takes too long."""
        took = {case: sum(finding.seconds for finding in found)
                for case, found in self.by_case().items()}
        if len(took) < 2 * SLOWEST:
            return
        print("\nslowest:")
        for case in sorted(took, key=took.get, reverse=True)[:SLOWEST]:
            print(f"  {case:<58}{took[case]:>7.0f} s")

    def listing(self, title, status):
        found = [finding for finding in self.findings
                 if finding.status == status and (status != PASS or finding.detail)]
        if found:
            print(f"\n{title}:")
        for finding in found:
            detail = f" ({finding.detail})" if finding.detail else ""
            print(f"  {finding.case}: {finding.name}{detail}")
        if status == FAIL:
            print()

    # files

    def write(self, directory, build):
        directory.mkdir(parents=True, exist_ok=True)
        write_if_different(directory / "results.ktap", self.ktap().encode())
        tree = xml.ElementTree(self.junit(build))
        xml.indent(tree)
        tree.write(directory / "junit.xml", encoding="utf-8", xml_declaration=True)

    def by_case(self):
        cases = collections.defaultdict(list)
        for finding in self.findings:
            cases[finding.case].append(finding)
        return cases

    def ktap(self):
        lines = ["KTAP version 1", f"1..{len(self.by_case())}"]
        for number, (case, found) in enumerate(self.by_case().items(), 1):
            lines += ["    KTAP version 1", f"    # Subtest: {case}", f"    1..{len(found)}"]
            for at, finding in enumerate(found, 1):
                if finding.bad and finding.detail:
                    lines.append(f"    # {finding.detail}")
                lines.append("    " + finding.tap(at).replace(f"{case}: ", ""))
            bad = any(finding.bad for finding in found)
            lines.append(f"{'not ok' if bad else 'ok'} {number} - {case}")
        return "\n".join(lines) + "\n"

    def junit(self, build):
        root = xml.Element("testsuites", name=f"kexec on {build}")
        for case, found in self.by_case().items():
            suite = xml.SubElement(root, "testsuite", name=case, tests=str(len(found)),
                                   failures=str(sum(finding.bad for finding in found)),
                                   skipped=str(sum(finding.status in (SKIP, XFAIL)
                                                   for finding in found)),
                                   time=f"{sum(finding.seconds for finding in found):.3f}")
            for finding in found:
                self.junit_case(suite, finding)
        return root

    @staticmethod
    def junit_case(suite, finding):
        case = xml.SubElement(suite, "testcase", classname=finding.case.replace("/", "."),
                              name=clean(finding.name), time=f"{finding.seconds:.3f}")
        if finding.bad:
            xml.SubElement(case, "failure", message=clean(finding.detail) or finding.status)
        elif finding.status in (SKIP, XFAIL):
            xml.SubElement(case, "skipped", message=clean(finding.detail))


def clean(text):
    """Without the control characters that XML cannot carry."""
    return "".join(char for char in text if char >= " ")


def last_lines(path, count):
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [clean(line) for line in text.splitlines()[-count:]]
