import { type Logger, pino, stdSerializers } from 'pino';

import type { Log, LogFields } from '../../kernel/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** JSON lines on a descriptor (standard output unless told), each written before the call returns. */
export function openLog(level: LogLevel, descriptor = 1): Log {
  const destination = pino.destination({ dest: descriptor, sync: true });
  // Nobody reads any more, or the disk is full: the daemon goes on without a log.
  destination.on('error', () => {});
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: stdSerializers.err, cause: stdSerializers.err },
  };
  return wrap(pino(options, destination));
}

function wrap(logger: Logger): Log {
  return {
    debug: (text, fields) => logger.debug(fields ?? {}, text),
    info: (text, fields) => logger.info(fields ?? {}, text),
    warn: (text, fields) => logger.warn(fields ?? {}, text),
    error: (text, fields) => logger.error(fields ?? {}, text),
    child: (fields: LogFields) => wrap(logger.child(fields)),
  };
}
