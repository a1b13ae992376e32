import { z } from 'zod';
import { ADDRESS_FORM, addressFault, parseAddress } from './address.ts';
import { keyPatternFault } from './key-pattern.ts';
import { pathFault, patternFault } from './path-pattern.ts';

/** What a schema says about a setting beside its type; ends up in its explanation. */
export type FieldMeta = {
  /** The form of a text, where `text` does not say enough. */
  readonly form?: string;
  readonly unit?: 'ms' | 'bytes' | 'bytes per second';
  /** The default by preset, where it depends on it. */
  readonly presets?: Readonly<Record<string, number>>;
  /** What stands for the default where it is worked out. */
  readonly defaultText?: string;
};

/** A text that `fault` finds nothing wrong with. */
function text(form: string, fault: (value: string) => string | null): z.ZodString {
  return z
    .string()
    .superRefine((value, context) => {
      const found = fault(value);
      if (found !== null) context.addIssue({ code: 'custom', message: found });
    })
    .meta({ form } satisfies FieldMeta);
}

export function address(): z.ZodPipe<
  z.ZodString,
  z.ZodTransform<NonNullable<ReturnType<typeof parseAddress>>, string>
> {
  return z
    .string()
    .transform((value, context) => {
      const parsed = parseAddress(value);
      if (parsed !== null) return parsed;
      context.addIssue({ code: 'custom', message: addressFault(value) ?? `must be ${ADDRESS_FORM}` });
      return z.NEVER;
    })
    .meta({ form: ADDRESS_FORM } satisfies FieldMeta);
}

export function absolutePath(): z.ZodString {
  return text('an absolute path', pathFault);
}

export function pattern(fault: (value: string) => string | null = () => null): z.ZodString {
  return text('an absolute pattern', (value) => patternFault(value) ?? fault(value));
}

export function keyPattern(): z.ZodString {
  return text('a pattern over keys', keyPatternFault);
}

export function matching(form: string, expression: RegExp): z.ZodString {
  return text(form, (value) => (expression.test(value) ? null : `must be ${form}`));
}

/** A whole number of milliseconds. */
export function milliseconds(min: number, max: number): z.ZodInt {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ unit: 'ms' } satisfies FieldMeta);
}

/** A whole number of bytes. */
export function bytes(min: number, max: number = Number.MAX_SAFE_INTEGER): z.ZodInt {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ unit: 'bytes' } satisfies FieldMeta);
}

/** A whole number of bytes per second; 0 stands for no bound. */
export function bytesPerSecond(): z.ZodInt {
  return z
    .int()
    .min(0)
    .meta({ unit: 'bytes per second' } satisfies FieldMeta);
}
