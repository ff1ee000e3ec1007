"""Writes question sets: `python -m benchmarks.ask.sets FOLDER [--from SET ...] [--xquad CLONE] [--seed N]`.

policies, tables, manuals and law are sets of their own. The others are made from their questions and from those of the
sets that `--from` names: two-parts and two-files have evidence in two places, many-files ask 20 files, wrong-files and
absent-ids have no evidence, typos have one edit. `--xquad` names a clone of XQuAD's repository, for ten languages. All
are the same each time, but for manuals and law, which depend on the installed packages. Another `--seed` gives other
tables and questions: to judge what was chosen on the usual ones.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.ask.questions import read_set, read_sets
from benchmarks.ask.sets.combined import write_many_files, write_two_files, write_two_parts
from benchmarks.ask.sets.languages import LANGUAGES, write_languages
from benchmarks.ask.sets.manuals import write_law, write_manuals
from benchmarks.ask.sets.policies import write_policies
from benchmarks.ask.sets.tables import write_tables
from benchmarks.ask.sets.typos import write_typos
from benchmarks.ask.sets.writer import SEED
from benchmarks.ask.sets.wrong_files import write_absent_ids, write_wrong_files


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sets, and print how many questions each has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--from", type=Path, nargs="*", default=(), dest="others", metavar="SET")
    parser.add_argument("--xquad", type=Path, metavar="CLONE")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N")
    options = parser.parse_args(arguments)
    folder, seed = options.folder, options.seed
    written = [write(folder, seed) for write in (write_policies, write_tables, write_manuals, write_law)]
    made = read_sets(written)
    written += [write(folder, made, seed) for write in (write_two_parts, write_two_files, write_many_files)]
    known = [*made, *read_sets(options.others)]
    written += [write(folder, known, seed) for write in (write_wrong_files, write_absent_ids, write_typos)]
    if options.xquad:
        languages = write_languages(folder, options.xquad, seed)
        written += [languages / f"lang-{language}" for language in LANGUAGES]
    for one in written:
        print(f"{one}: {len(read_set(one))} questions")


if __name__ == "__main__":
    main()
