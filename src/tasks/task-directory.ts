/** Where /proc shows a process, or one thread of it: they differ in times, signals and state. */
export function directoryOf(pid: number | 'self', tid?: number): string {
  return tid === undefined ? `/proc/${pid}` : `/proc/${pid}/task/${tid}`;
}
