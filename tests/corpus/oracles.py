"""Compares `etw dump` with what other decoders say about the same traces."""

import sys

import common
import oracle_diaghub
import oracle_perfview
import oracle_pktmon
import oracle_sawbuck

ORACLES = (oracle_perfview.ORACLES + oracle_diaghub.ORACLES + oracle_sawbuck.ORACLES
           + oracle_pktmon.ORACLES)


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--only", metavar="NAME", action="append",
                        choices=[oracle.name for oracle in ORACLES], help="one oracle")
    arguments = parser.parse_args()
    corpus = common.start(arguments)
    report = common.Report()
    for oracle in ORACLES:
        if arguments.only and oracle.name not in arguments.only:
            continue
        try:
            agreement = oracle.compare(arguments.etw, corpus)
        except (RuntimeError, ValueError, KeyError) as error:
            report.check(False, oracle.name, f"{type(error).__name__}: {error}")
            continue
        agreement.print(arguments.verbose)
        report.check(agreement.unexplained_total() == 0 and sum(agreement.compared.values()) > 0,
                     oracle.name, f"{agreement.unexplained_total():,} unexplained differences")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
