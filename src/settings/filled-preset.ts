import { APPLICATION_PRESETS, type ApplicationPreset } from './application-presets.ts';
import type { PairFileValues } from './pair-schema.ts';

/** Where a preset was met. */
export interface PresetPlace {
  /** What its `{folder}` is; null where nobody has said. */
  readonly folder: string | null;
  /** For each instance that is there: what each `*` of its pattern is. */
  readonly instances: readonly (readonly string[])[];
}

/** What `pair.yaml` is made from, and what is to be said to whoever has it made. */
export interface FilledPreset {
  readonly values: Pick<PairFileValues, 'capture' | 'health'> & {
    readonly protect: NonNullable<PairFileValues['protect']>;
  };
  readonly warnings: readonly string[];
}

/** Null where there is none of that name. */
export function presetNamed(name: string): ApplicationPreset | null {
  return APPLICATION_PRESETS.find((one) => one.name === name) ?? null;
}

/** The preset, with what it leaves open filled in. Pure. */
export function filledPreset(preset: ApplicationPreset, { folder, instances }: PresetPlace): FilledPreset {
  const fill = (text: string): string => text.replaceAll('{folder}', folder ?? '{folder}');
  const services = preset.services.flatMap((service) => instancesOf(preset, service, instances));
  const probes = preset.probes.flatMap((probe) => instancesOf(preset, probe, instances));
  const isMissing = preset.instances !== undefined && instances.length === 0;
  return {
    values: {
      ...(preset.capture === undefined ? {} : { capture: preset.capture }),
      protect: {
        files: { include: preset.include.map(fill), exclude: preset.exclude.map(fill) },
        ...(services.length === 0 ? {} : { services: withTexts(services, fill) }),
      },
      ...(probes.length === 0 ? {} : { health: { probes: withTexts(probes, fill) } }),
    },
    warnings: isMissing ? [preset.instances.none, ...preset.warnings] : preset.warnings,
  };
}

function instancesOf<Value>(preset: ApplicationPreset, value: Value, instances: PresetPlace['instances']): Value[] {
  if (preset.instances === undefined) return [value];
  return instances.map((stars) =>
    withTexts(value, (text) => text.replace(/\{(\d)\}/g, (whole, number) => stars[Number(number) - 1] ?? whole)),
  );
}

/** The same, with each text in it changed. */
function withTexts<Value>(value: Value, change: (text: string) => string): Value {
  return JSON.parse(JSON.stringify(value), (_key, one: unknown) => (typeof one === 'string' ? change(one) : one));
}
