/** Where diagnostics go: stderr in the CLI, nowhere in tests. Results never travel this way. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type Log = (level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>) => void;

export const silentLog: Log = () => {};
