import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadOrCreateFacts, openIdentityStore } from '../settings/pair-facts.ts';
import { protecting } from '../settings/pair-settings.testing.ts';
import type { InvitationNews } from './channel-messages.ts';
import { OpenInvitation } from './open-invitation.ts';

let folder: string;
let told: InvitationNews[];
let invitation: OpenInvitation;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'invitation-'));
  told = [];
  invitation = new OpenInvitation({
    stateDirectory: folder,
    pairFile: join(folder, 'pair.yaml'),
    listen: [{ host: '127.0.0.1', port: 57348 }],
    settingsVersion: 1,
    tell: (news) => void told.push(news),
  });
});
afterEach(() => {
  invitation.close();
  rmSync(folder, { recursive: true });
});

const news = (): unknown[] => told.map(({ id, what }) => [id, what]);

it('whoever waits with a token is told when another invitation takes its place', async () => {
  await loadOrCreateFacts(openIdentityStore(folder), { identity: 'primary', pair: 'shop' });
  writeFileSync(join(folder, 'pair.yaml'), protecting('/srv'));
  invitation.begin(1);
  invitation.begin(2);
  expect(news()).toEqual([
    [1, 'token'],
    [1, 'failed'],
    [2, 'token'],
  ]);
  expect(told[1]).toMatchObject({
    problem: { code: 'IDN-002', parameters: { reason: 'another invitation was made in its place' } },
  });
  // Who left before says so late.
  invitation.end(1);
  expect(told).toHaveLength(3);
});

it('that can not be made is told as that', () => {
  invitation.begin(1);
  expect(told).toMatchObject([{ id: 1, what: 'failed', problem: { code: 'CFG-001' } }]);
});
