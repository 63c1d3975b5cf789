/** The help texts of `belay run` and `belay attach`. */

const COMMON_OPTIONS = `\
  --on SIGNALS      signals that start a rollback, comma separated; 'none'; or 'auto'
                    (default): SEGV,BUS,ILL,FPE,ABRT,SYS,TRAP, but where the newest
                    point is not the program's own, its handlers have the first try
  --retries N       falls on one point, with no newer one reached, before the next
                    older point is tried (default: 3)
  --every MS        make a point by itself every MS milliseconds
  --max-points N    live points one process may hold (default: 4096)
  --memory SIZE     what may be held of saved memory, for the program and its children:
                    512M, 2G; the oldest points of --every give way, then a point that
                    does not fit is refused (default: no limit)
  --shared-offsets KIND  in files of standard output and error, and in those that others
                    write to: 'keep' what was written since, or 'rollback': it is written
                    over (default: keep)
  --peers KIND      connections over which anything went since the point: 'close' them, so
                    that both ends see an end, or 'keep' them as they are (default: close)
  --children KIND   processes that it begins: 'keep' them supervised with it, or 'leave'
                    them alone, at no cost; then see docs/cli.md (default: keep)
  -v, --verbose     tell of each fall on stderr, too
  -V, --version     print belay's version
  -h, --help        print this
`;

export function runHelp(): string {
  return `Usage: belay run [options] [--] command [args...]

Become the command, under supervision: same pid, same terminal, same exit status.
When it falls it is put back on its newest fallback point; see belay.h for how a
program sets one, and --every for programs that do not.

Options:
${COMMON_OPTIONS}
Exit status: the command's own; 125 if belay failed, 126 if the command cannot be
executed, 127 if it is not found.
`;
}

export function attachHelp(): string {
  return `Usage: belay attach [options] PID

Supervise a program that is running already. It goes on as before; its threads
and children are supervised with it.

Options:
${COMMON_OPTIONS}  --no-children     leave the children alone that run already
      --json        print what was attached as JSON

Exit status: 0 once the program is supervised, 125 if belay failed.
`;
}
