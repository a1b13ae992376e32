import type { PairFileValues } from './pair-schema.ts';

type Protect = NonNullable<PairFileValues['protect']>;
type ServiceFileValues = NonNullable<Protect['services']>[number];
type ProbeFileValues = NonNullable<NonNullable<PairFileValues['health']>['probes']>[number];

/** What is known of an application: what of it to protect, what to leave out, what runs, and what nobody else would say. */
export interface ApplicationPreset {
  /** As it stands after `init --for`. */
  readonly name: string;
  readonly title: string;
  /** What it keeps has to be in order: a database, which recovers from any one moment and from no mixture of several. */
  readonly capture?: PairFileValues['capture'];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly services: readonly ServiceFileValues[];
  /** They only tell. With a service they would restart it, also in the middle of a long recovery after a take-over. */
  readonly probes: readonly ProbeFileValues[];
  /**
   * It may be there several times: each folder of this pattern is one. `{1}` in a service or probe stands for what the first `*`
   * is, `{2}` for the second; `none` says what is to be done where there is none yet.
   */
  readonly instances?: { readonly pattern: string; readonly none: string };
  /** It lies where its owner put it: `{folder}` stands for that, which `init --folder` tells. */
  readonly folder?: string;
  /** What the settings can't say. */
  readonly warnings: readonly string[];
}

/** Slow shutdowns are usual for databases: they write out what they hold in memory. */
const DATABASE_STOP_MS = 300_000;

const SAME_RELEASE = 'Install the same release of it on both servers, from the same source.';
const OTHER_FOLDERS = (what: string): string =>
  `${what} elsewhere are not protected: add their folders to protect.files.include.`;

export const APPLICATION_PRESETS: readonly ApplicationPreset[] = [
  {
    name: 'postgresql',
    title: 'PostgreSQL, as Debian and Ubuntu package it',
    capture: 'intercept',
    include: ['/var/lib/postgresql/**', '/etc/postgresql/**'],
    // What a server makes anew when it starts, and what names the process of one machine.
    exclude: [
      '/var/lib/postgresql/*/*/postmaster.pid',
      '/var/lib/postgresql/*/*/pg_dynshmem/*',
      '/var/lib/postgresql/*/*/pg_notify/*',
      '/var/lib/postgresql/*/*/pg_serial/*',
      '/var/lib/postgresql/*/*/pg_snapshots/*',
      '/var/lib/postgresql/*/*/pg_stat_tmp/*',
      '/var/lib/postgresql/*/*/pg_subtrans/*',
      '/var/lib/postgresql/*/*/base/pgsql_tmp/*',
    ],
    services: [{ name: 'postgresql@{1}-{2}.service', stopTimeoutMs: DATABASE_STOP_MS }],
    probes: [
      { name: 'PostgreSQL {1}/{2} answers', command: ['pg_isready', '--quiet', '--cluster', '{1}/{2}'], failures: 6 },
    ],
    instances: {
      pattern: '/etc/postgresql/*/*',
      none: 'This server has no cluster yet: add postgresql@VERSION-NAME.service to protect.services once it has.',
    },
    warnings: [
      SAME_RELEASE,
      'Leave fsync and full_page_writes on: after a take-over PostgreSQL recovers as after a power cut.',
      OTHER_FOLDERS('Tablespaces (links in pg_tblspc), a pg_wal on a disk of its own, and archived WAL'),
      'Keys and certificates outside /etc/postgresql, such as /etc/ssl/private/ssl-cert-snakeoil.key, have to be on both servers.',
      'Where PostgreSQL replicates to a standby by itself as well, the standby has to follow whichever server is active.',
    ],
  },
  {
    name: 'mariadb',
    title: 'MariaDB, as Debian and Ubuntu package it',
    capture: 'intercept',
    include: ['/var/lib/mysql/**', '/etc/mysql/**'],
    // What the server makes anew when it starts, and what names the process of one machine.
    exclude: ['/var/lib/mysql/*.pid', '/var/lib/mysql/ibtmp*', '/var/lib/mysql/*.err'],
    services: [{ name: 'mariadb.service', stopTimeoutMs: DATABASE_STOP_MS }],
    probes: [{ name: 'MariaDB answers', command: ['mariadb-admin', '--connect-timeout=4', 'ping'], failures: 6 }],
    warnings: [
      SAME_RELEASE,
      'Leave innodb_flush_log_at_trx_commit at 1 and innodb_doublewrite on: after a take-over MariaDB recovers as after a power cut.',
      'Tables of MyISAM do not recover from a power cut, nor from a take-over: run mariadb-check after one, or change them to InnoDB.',
      OTHER_FOLDERS('Binary logs, undo logs and tables with a DATA DIRECTORY'),
      'Both servers then have the same /etc/mysql/debian.cnf, and the same server_id: replicas of MariaDB have to follow whichever server is active.',
    ],
  },
  {
    name: 'samba',
    title: 'Samba as a file server (smbd), as Debian and Ubuntu package it',
    include: ['/etc/samba/**', '/var/lib/samba/**'],
    // Sockets and locks of one machine.
    exclude: ['/var/lib/samba/private/msg.sock/*', '/var/lib/samba/winbindd_privileged/*'],
    services: [{ name: 'smbd.service' }],
    probes: [{ name: 'Samba answers', tcp: '127.0.0.1:445' }],
    warnings: [
      'The probe asks at 127.0.0.1: take it out where smbd listens on other interfaces alone.',
      'The folders of your shares are not in this list: add each to protect.files.include, as in /srv/share/**.',
      'Owners are kept by name and number: users and groups have to be the same on both servers, whether in /etc/passwd, LDAP or winbind.',
      'Samba writes its databases (*.tdb) through memory maps. Where capture watches, they count as unchecked while they are open; capture: intercept has them in order.',
      'Add nmbd.service and winbind.service to protect.services, before smbd.service, where they are used.',
      'A domain controller (samba-ad-dc.service) replicates by itself: do not protect one with this.',
      'Shares that are reached by the name of one server are not found on the other one: clients need a name that both can have (netbios name, netbios aliases).',
    ],
  },
  {
    name: 'nginx',
    title: 'nginx',
    include: ['/etc/nginx/**', '/var/www/**'],
    exclude: [],
    services: [{ name: 'nginx.service', startTimeoutMs: 30_000, stopTimeoutMs: 30_000 }],
    probes: [{ name: 'nginx answers', tcp: '127.0.0.1:80' }],
    warnings: [
      'The probe only connects to port 80: ask one of your sites instead, as in http: "http://127.0.0.1/health".',
      OTHER_FOLDERS('Sites, keys and certificates (/etc/letsencrypt, /etc/ssl/private)'),
      'What renews certificates (certbot.timer) must run on the active server alone, and only where its folder is protected.',
      'nginx does not start where a host name of its settings can not be resolved, or an address that it listens on is not there: listen on addresses that both servers have.',
      'What nginx passes requests to (PHP, an application server) is a service of its own: list it before nginx in protect.services.',
    ],
  },
  {
    name: 'docker-compose',
    title: 'An application of Docker Compose, with its named volumes',
    include: ['{folder}/**', '/var/lib/docker/volumes/**'],
    // Of the Docker daemon of one machine.
    exclude: ['/var/lib/docker/volumes/metadata.db', '/var/lib/docker/volumes/backingFsBlockDev'],
    services: [
      {
        name: 'compose',
        manager: 'command',
        start: ['docker', 'compose', '--project-directory', '{folder}', 'up', '--detach', '--wait'],
        stop: ['docker', 'compose', '--project-directory', '{folder}', 'stop'],
        status: [
          'sh',
          '-c',
          'test -n "$(docker compose --project-directory "$1" ps --status running --quiet)"',
          'status',
          '{folder}',
        ],
        startTimeoutMs: 300_000,
        stopTimeoutMs: 120_000,
      },
    ],
    probes: [],
    folder: 'where compose.yaml lies',
    warnings: [
      'Set restart: "no" for every service in compose.yaml: with always or unless-stopped Docker itself starts the containers on the passive server, at boot and after `docker compose up`.',
      'Images are not replicated: pull or build them on both servers, and name them by digest so that both have the same.',
      'Volumes are known to Docker by its own metadata.db, which is not replicated: run `docker compose create` once on the passive server, so that the volumes are known there.',
      OTHER_FOLDERS('Bind mounts'),
      'All named volumes of this machine are protected, also those of other projects: exclude what does not belong to this one.',
      'Containers of databases need capture: intercept, which is for ext4, and /var/lib/docker on a file system where it can be.',
      'Docker can not be kept from starting a container by somebody: what runs on the passive server is stopped at the next look.',
    ],
  },
];
