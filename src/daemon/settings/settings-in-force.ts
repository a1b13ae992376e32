import type { Role } from '../../api/status.ts';
import type { PairSettings } from '../../settings/settings.ts';
import type { ChannelKeeper } from '../channel/channel-keeper.ts';
import type { Checks } from '../status/checks.ts';
import type { EventHistory } from '../status/event-history.ts';
import type { RegistryHost } from '../registry/registry-host.ts';
import type { SettingsEffect } from './settings-effect.ts';
import type { StreamKeeper } from '../stream/stream-keeper.ts';

/** Other pair settings are in force: whoever works by them is told. What is asked for when it is needed is not. */
export function settingsInForce(
  parts: {
    readonly role: Role;
    readonly pairFile: { readonly settings: PairSettings };
    readonly history: EventHistory;
    readonly channel: ChannelKeeper;
    readonly stream: StreamKeeper;
    readonly checks: Checks;
    readonly registry: RegistryHost;
  },
  version: number,
  effect: SettingsEffect,
): void {
  const { history, stream, checks } = parts;
  history.own({ level: 'information', text: `The pair settings changed (version ${String(version)})` });
  const { channel, check, protect } = parts.pairFile.settings;
  parts.channel.post({ kind: 'limits', bytesPerSecondMax: channel.bytesPerSecondMax });
  stream.post({ kind: 'limits', checkBytesPerSecondMax: check.bytesPerSecondMax });
  checks.schedule();
  parts.registry.start();
  // The passive server is told by the stream, at the position from which on it holds.
  if (effect === 'filters' && parts.role === 'active') stream.post({ kind: 'filters', ...protect.files });
  if (effect === 'restart' || (effect === 'filters' && !stream.guardAnew())) void stream.restart();
}
