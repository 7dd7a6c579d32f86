/** What work costs, where a bound on it must not depend on what else the machine does meanwhile. */

/** ms of CPU of this process, all its threads together, that `work` took. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
