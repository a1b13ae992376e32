import type { ProblemCode } from '../problems/problem.ts';

/** A section of the troubleshooting chapter: something an operator sees, and the problems that may be behind it. */
export interface Section {
  readonly title: string;
  /** What is seen, in a sentence. */
  readonly symptom: string;
  /** In the order in which they are best looked for. */
  readonly codes: readonly ProblemCode[];
}

/** `docs/troubleshooting.md` is made from it, and `explain` names the section. */
export const CHAPTER: readonly Section[] = [
  {
    title: 'Two active servers',
    symptom: 'Both servers say active. Nothing is replicated, and each has changes that the other one lacks.',
    codes: ['CHN-008'],
  },
  {
    title: 'Two passive servers',
    symptom: 'The servers are connected, both say passive, and nothing is replicated.',
    codes: ['CHN-012'],
  },
  {
    title: 'The servers are not paired, or not with one another',
    symptom: 'A server says that it is not paired, or turns the other one away.',
    codes: ['IDN-001', 'CHN-004', 'CHN-005', 'CHN-006', 'CHN-007', 'CHN-015', 'CHN-009', 'CHN-017', 'CHN-040'],
  },
  {
    title: 'The channel does not come about: this server',
    symptom: 'Out of sync, and no check begins: the channel is not connected for a reason that lies in this server.',
    codes: ['CHN-001', 'CHN-002', 'CHN-014', 'CHN-030', 'CHN-031', 'CHN-038', 'CHN-041', 'CHN-042', 'CHN-043'],
  },
  {
    title: 'The channel does not come about: the other server and the way to it',
    symptom: 'Out of sync, and no check begins: the channel is not connected, and this server is well.',
    codes: [
      'CHN-003',
      'CHN-032',
      'CHN-033',
      'CHN-046',
      'CHN-034',
      'CHN-035',
      'CHN-036',
      'CHN-037',
      'CHN-044',
      'CHN-048',
      'CHN-045',
    ],
  },
  {
    title: 'The channel drops, or data does not pass',
    symptom: 'The channel comes and goes, or is connected and changes wait all the same.',
    codes: ['CHN-039', 'CHN-020', 'CHN-021', 'CHN-016', 'CHN-047', 'CHN-013', 'DMN-012', 'DMN-010'],
  },
  {
    title: 'A file is in use on the passive server',
    symptom: 'Out of sync: a process on the passive server holds a protected file, such as a service or an antivirus.',
    codes: ['N29', 'DIA-020', 'DIA-021', 'DIA-022'],
  },
  {
    title: 'Somebody else changes the copy',
    symptom: 'Items of the passive server differ though nothing went wrong on the way.',
    codes: ['APL-002', 'CHK-001', 'CHK-002', 'CHK-003', 'CHK-006', 'APL-003'],
  },
  {
    title: 'The disks do not match',
    symptom: 'A protected folder is missing, empty, read-only, or on a file system that cannot hold what it should.',
    codes: ['CAP-001', 'APL-020', 'APL-021', 'APL-041', 'CAP-020', 'APL-042', 'CAP-011', 'APL-001'],
  },
  {
    title: 'The passive server is short of space',
    symptom: 'Out of sync: changes arrive and cannot be applied.',
    codes: ['APL-030', 'L20', 'APL-004', 'SYS-010'],
  },
  {
    title: 'Services',
    symptom: 'A protected service does not run where it should, or runs where it must not.',
    codes: [
      'SVC-010',
      'SVC-011',
      'SVC-012',
      'SVC-021',
      'SVC-001',
      'SVC-016',
      'SVC-017',
      'SVC-018',
      'SVC-002',
      'SVC-003',
      'SVC-004',
      'SVC-005',
      'SVC-006',
      'SVC-007',
      'SVC-008',
      'SVC-013',
      'SVC-014',
      'SVC-020',
    ],
  },
  {
    title: 'A queue reached its bound',
    symptom: 'Changes wait, the queues grow, and what was missed is checked afterwards.',
    codes: ['JRN-006', 'L9', 'JRN-007', 'L20', 'M4'],
  },
  {
    title: 'The pair is slow',
    symptom: 'Synchronized and busy processing for long.',
    codes: ['DIA-001', 'SYS-012', 'SYS-014', 'SYS-013', 'SYS-015'],
  },
  {
    title: 'Features that are not carried',
    symptom: 'Some items are not protected, or cannot be watched.',
    codes: ['CAP-064', 'CAP-006', 'CAP-007', 'CAP-013', 'CAP-009', 'CAP-010'],
  },
  {
    title: 'Access rights',
    symptom: 'Some items are unchecked: they cannot be read, or may not be.',
    codes: ['CAP-002', 'CHK-004', 'SYS-002', 'CAP-036', 'APL-022'],
  },
  {
    title: 'The kernel tells too little',
    symptom: 'Changes are noticed late, or everything is checked again.',
    codes: ['CAP-003', 'CAP-004', 'CAP-005', 'CAP-008'],
  },
  {
    title: 'Clocks',
    symptom: 'The clocks of the two servers differ, or one was set.',
    codes: ['CHN-011', 'DMN-011', 'CHN-040'],
  },
  {
    title: 'Settings',
    symptom: 'An edit has no effect, or something is not protected that was named.',
    codes: ['CFG-001', 'CFG-002', 'CFG-006', 'DMN-005', 'DMN-007', 'CHN-010', 'DMN-008'],
  },
  {
    title: 'The registry of a server cannot be used',
    symptom:
      'Registry Status Error: a protected registry is missing, denied, damaged or held by somebody, or may not be protected.',
    codes: ['REG-001', 'REG-002', 'REG-003', 'REG-004', 'REG-005', 'REG-006', 'REG-017', 'REG-018', 'REG-014'],
  },
  {
    title: 'The registries differ',
    symptom:
      'Registry Status Out of sync or Unchecked: keys or values of the passive server are not those of the active one.',
    codes: ['REG-010', 'REG-008', 'REG-016', 'REG-007', 'REG-009', 'REG-011', 'REG-012', 'REG-015', 'REG-020'],
  },
  {
    title: 'Synchronous replication',
    symptom: 'Applications wait, or replication is not synchronous though it is asked for.',
    codes: ['RPL-001', 'RPL-002', 'RPL-003', 'RPL-004'],
  },
  {
    title: 'A store of Understudy itself',
    symptom: 'Error, or events are missing.',
    codes: ['DMN-003', 'JRN-001', 'JRN-002', 'JRN-003', 'APL-005', 'SYS-011', 'DIA-002', 'DIA-003', 'IDN-004'],
  },
];

/** The first section that a problem stands in; null where it stands in none, such as a wrong command. */
export function sectionOf(code: string): Section | null {
  return CHAPTER.find(({ codes }) => (codes as readonly string[]).includes(code)) ?? null;
}
