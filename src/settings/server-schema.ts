import { z } from 'zod';
import { GIB, MIB } from '../kernel/units.ts';
import { absolutePath, address, bytes, type FieldMeta, milliseconds } from './field.ts';
import { ownRegistries } from './registry-schema.ts';
import { STATE_DIRECTORY } from './state-directory.ts';

const ROUTES_MAX = 8;

/** `server.yaml`, this server's own. Every key's meaning, type, bounds and default; unknown keys are errors. */
export const SERVER_SCHEMA = z.strictObject({
  identity: z
    .enum(['primary', 'secondary'])
    .describe('Which of the two servers this is. Fixed for its life; the other server has the other word.'),
  stateDirectory: absolutePath()
    .prefault(STATE_DIRECTORY)
    .describe('Folder for what Understudy remembers: certificates, positions, events and the command socket.'),
  base: absolutePath()
    .prefault('/')
    .describe(
      'Folder that protected paths are relative to. Other than / only for trials of both servers on one machine.',
    ),
  channel: z
    .strictObject({
      listen: z
        .array(address())
        .min(1)
        .max(ROUTES_MAX)
        .prefault(['0.0.0.0:57348'])
        .describe('Addresses on which the other server may connect.'),
      peers: z
        .array(address())
        .max(ROUTES_MAX)
        .prefault([])
        .describe('Addresses of the other server, one for each route. May be empty where only the other connects.'),
    })
    .prefault({})
    .describe('The link to the other server.'),
  api: z
    .strictObject({
      listen: address()
        .nullable()
        .prefault('127.0.0.1:52267')
        .describe(
          'Address of the console and the API. Nothing listens there yet: so far only the command socket is offered.',
        ),
    })
    .prefault({})
    .describe('What the daemon offers to people and programs.'),
  queues: z
    .strictObject({
      directory: absolutePath()
        .optional()
        .meta({ defaultText: 'queues in stateDirectory' } satisfies FieldMeta)
        .describe('Folder of the send and receive queues. Best on a fast disk without protected files.'),
      sizeBytesMax: bytes(64 * MIB)
        .nullable()
        .prefault(null)
        .describe(
          'How large each queue may grow. With null the smaller of 10 GiB and a quarter of the free space. A send queue that fills is given up: what changed is remembered by name and checked instead (L9). A receive queue that fills makes the active server wait.',
        ),
      freeBytesMin: bytes(0)
        .prefault(GIB)
        .describe(
          'Free space that the queues leave on their disk. Where less is free, a send queue that nobody takes from is given up, and a receive queue asks for no more than is applied (M4). What a queue needs to work at all, up to 16 MiB, it takes all the same.',
        ),
    })
    .prefault({})
    .describe('Changes on their way.'),
  interception: z
    .strictObject({
      releaseMsMax: milliseconds(0, 600_000)
        .prefault(30_000)
        .describe(
          'How long a daemon that is stopped waits for programs that use an intercepted folder (CAP-033), before it takes the mount away all the same (CAP-042). Its service must allow it to take longer than that: TimeoutStopSec, 60 s as it is installed.',
        ),
    })
    .prefault({})
    .describe('Mounts over protected folders.'),
  registry: ownRegistries,
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .prefault('info')
        .describe('The least important lines that are logged.'),
    })
    .prefault({})
    .describe("The daemon's log, JSON lines on standard output."),
});

export type ServerFileValues = z.input<typeof SERVER_SCHEMA>;
