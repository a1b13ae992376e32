import { runCommandLine } from '../cli/command-line.ts';
import { reportProblems } from '../cli/failure-report.ts';
import { pairing } from '../daemon/pairing-commands.ts';
import { runDaemon } from '../daemon/run-daemon.ts';
import { systemClock } from '../system/clock.ts';
import { localHttp } from '../system/local-http.ts';
import { processTerminal, textFiles } from '../system/terminal.ts';
import { systemTimers } from '../system/timers.ts';
