import { describe, expect, it } from 'vitest';
import { APPLY_PROBLEMS } from './apply.ts';
import { CAPTURE_PROBLEMS } from './capture.ts';
import { CATALOGUE } from './catalogue.ts';
import { CHANNEL_PROBLEMS } from './channel.ts';
import { CHECK_PROBLEMS } from './check.ts';
import { DAEMON_PROBLEMS } from './daemon.ts';
import { DIAGNOSIS_PROBLEMS } from './diagnosis.ts';
import type { Entry } from './entry.ts';
import { IDENTITY_PROBLEMS } from './identity.ts';
import { INTERFACE_PROBLEMS } from './interface.ts';
import { JOURNAL_PROBLEMS } from './journal.ts';
import { fill } from './problem.ts';
import { REGISTRY_PROBLEMS } from './registry.ts';
import { REPLICATION_PROBLEMS } from './replication.ts';
import { SERVICE_PROBLEMS } from './services.ts';
import { SETTINGS_PROBLEMS } from './settings.ts';
import { SYSTEM_PROBLEMS } from './system.ts';
import { WAY_PROBLEMS } from './way.ts';

const AREAS: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  CFG: SETTINGS_PROBLEMS,
  SYS: SYSTEM_PROBLEMS,
  IDN: IDENTITY_PROBLEMS,
  JRN: JOURNAL_PROBLEMS,
  CHN: { ...CHANNEL_PROBLEMS, ...WAY_PROBLEMS },
  CAP: CAPTURE_PROBLEMS,
  APL: APPLY_PROBLEMS,
  CHK: CHECK_PROBLEMS,
  REG: REGISTRY_PROBLEMS,
  RPL: REPLICATION_PROBLEMS,
  SVC: SERVICE_PROBLEMS,
  DMN: DAEMON_PROBLEMS,
  DIA: DIAGNOSIS_PROBLEMS,
  CLI: INTERFACE_PROBLEMS,
};
/** Letter and number: codes the tradition knows keep theirs, in whatever area. */
const TRADITIONAL = /^[NLM]\d{1,2}$/;

describe('the catalogue', () => {
  it('gives every code to one area only', () => {
    const codes = Object.values(AREAS).flatMap((area) => Object.keys(area));
    expect(new Set(codes).size).toBe(codes.length);
    expect(Object.keys(CATALOGUE).sort()).toEqual(codes.sort());
  });

  it.each(Object.entries(AREAS))('%s: its codes carry its prefix and three digits', (prefix, area) => {
    for (const code of Object.keys(area)) {
      if (!TRADITIONAL.test(code)) expect(code).toMatch(new RegExp(`^${prefix}-\\d{3}$`));
    }
  });

  it.each(Object.entries(CATALOGUE as Record<string, Entry>))('%s: every text is a sentence', (_code, entry) => {
    for (const text of [entry.message, entry.cause, entry.resolution]) {
      expect(text.length).toBeGreaterThan(10);
      expect(text).toMatch(/[.}]$/);
      expect(text).toBe(text.trim());
    }
  });
});

describe('filling in values', () => {
  it('replaces what is known and leaves the rest', () => {
    expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}');
  });

  it('ends a sentence once, whether or not the reason is one itself', () => {
    expect(fill('It stopped: {reason}.', { reason: 'no disk' })).toBe('It stopped: no disk.');
    expect(fill('It stopped: {reason}. {path}.', { reason: 'The disk is full.', path: '/a.' })).toBe(
      'It stopped: The disk is full. /a..',
    );
  });
});
