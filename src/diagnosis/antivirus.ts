import { Problem, type ProblemData, toData } from '../problems/problem.ts';
import { type Exclusion, exclusionOf, type ExclusionWay, type SettingsFiles } from './exclusion.ts';
import type { ProcessSeen } from './process-seen.ts';

/** An antivirus product, by what of it runs. */
interface Product {
  readonly name: string;
  /** Programs, as the kernel names them: at most 15 bytes. */
  readonly programs: readonly string[];
  /** Units of systemd without `.service`, and without an instance after `@`. */
  readonly units: readonly string[];
  /** Where it keeps what it changes itself. */
  readonly folders: readonly string[];
  /** How a folder is excluded, as a sentence that `{path}` is put into; null: as its manual says. */
  readonly exclusion: string | null;
  /** How `fix` does it; left out where it can't. */
  readonly way?: ExclusionWay;
}

const PRODUCTS: readonly Product[] = [
  {
    name: 'ClamAV',
    programs: ['clamd', 'clamonacc', 'freshclam', 'clamscan', 'clamdscan', 'clamav-milter'],
    units: ['clamav-daemon', 'clamav-clamonacc', 'clamonacc', 'clamav-freshclam', 'clamd'],
    folders: ['/var/lib/clamav', '/var/log/clamav', '/var/quarantine/clamav'],
    exclusion: 'Set `OnAccessExcludePath {path}` in clamd.conf and restart clamd and clamonacc.',
    way: {
      usualFiles: ['/etc/clamav/clamd.conf', '/etc/clamd.d/scan.conf', '/etc/clamd.conf', '/usr/local/etc/clamd.conf'],
      keyword: 'OnAccessExcludePath',
      overruledBy: 'OnAccessMountPath',
    },
  },
  {
    name: 'Microsoft Defender',
    programs: ['wdavdaemon', 'mdatp'],
    units: ['mdatp'],
    folders: ['/opt/microsoft/mdatp', '/var/opt/microsoft/mdatp', '/var/log/microsoft/mdatp'],
    exclusion: 'Run `mdatp exclusion folder add --path {path} --scope global`.',
  },
  {
    name: 'CrowdStrike Falcon',
    programs: ['falcon-sensor', 'falcon-sensor-b', 'falcond'],
    units: ['falcon-sensor'],
    folders: ['/opt/CrowdStrike'],
    exclusion: null,
  },
  {
    name: 'Sophos',
    programs: ['savd', 'savscand', 'sophos_threat_d', 'soapd', 'safestore'],
    units: ['sav-protect', 'sophos-spl'],
    folders: ['/opt/sophos-spl', '/opt/sophos-av'],
    exclusion: null,
  },
  {
    name: 'SentinelOne',
    programs: ['s1-agent', 's1-scanner', 's1-orchestrator'],
    units: ['sentinelone'],
    folders: ['/opt/sentinelone'],
    exclusion: 'Run `sentinelctl config` as its manual says, or exclude {path} in its console.',
  },
  {
    name: 'ESET',
    programs: ['esets_daemon', 'oaeventd', 'odfeeder', 'scand'],
    units: ['eea', 'efs', 'esets'],
    folders: ['/opt/eset', '/var/opt/eset', '/var/log/eset'],
    exclusion: null,
  },
  {
    name: 'Trellix (McAfee)',
    programs: ['mfetpd', 'mfetpcli', 'nails', 'isecoasmgr'],
    units: ['mfetpd', 'nails'],
    folders: ['/opt/McAfee', '/var/McAfee'],
    exclusion: 'Run `/opt/McAfee/ens/tp/bin/mfetpcli --addexclusionrw --excludepaths {path}`.',
  },
  {
    name: 'Trend Micro',
    programs: ['ds_agent', 'ds_am', 'splxmain', 'vsapiapp'],
    units: ['ds_agent', 'splx'],
    folders: ['/opt/ds_agent', '/var/opt/ds_agent', '/opt/TrendMicro'],
    exclusion: null,
  },
  {
    name: 'Kaspersky',
    programs: ['kesl', 'wdserver'],
    units: ['kesl', 'kesl-supervisor'],
    folders: ['/opt/kaspersky', '/var/opt/kaspersky', '/var/log/kaspersky'],
    exclusion: null,
  },
  {
    name: 'Bitdefender',
    programs: ['bdsecd', 'epagd', 'epsecurityservi'],
    units: ['bdsec'],
    folders: ['/opt/bitdefender-security-tools'],
    exclusion: null,
  },
  {
    name: 'Symantec',
    programs: ['rtvscand', 'sisamddaemon', 'sisidsdaemon', 'sisipsdaemon'],
    units: ['rtvscand'],
    folders: ['/opt/Symantec', '/var/symantec'],
    exclusion: null,
  },
  {
    name: 'Dr.Web',
    programs: ['drweb-filecheck', 'drweb-spider', 'drweb-se'],
    units: ['drweb-configd'],
    folders: ['/opt/drweb.com', '/var/opt/drweb.com'],
    exclusion: null,
  },
  {
    name: 'WithSecure (F-Secure)',
    programs: ['fsoasd', 'fsavd', 'fsicd'],
    units: ['fsma', 'f-secure-linuxsecurity'],
    folders: ['/opt/f-secure', '/var/opt/f-secure'],
    exclusion: null,
  },
  {
    name: 'Cortex XDR',
    programs: ['traps_pmd', 'pmd'],
    units: ['traps_pmd'],
    folders: ['/opt/traps', '/var/log/traps'],
    exclusion: null,
  },
];

/** The antivirus product that a process belongs to; null where none is known. Pure. */
export function antivirusOf(process: { readonly name: string; readonly unit: string | null }): string | null {
  return productOf(process)?.name ?? null;
}

/** A process that may keep others from files, and in which protected folders it decides who may open them. */
export interface ScannerSeen {
  readonly process: ProcessSeen;
  /** As the settings name them. */
  readonly decidesIn: readonly string[];
}

/** What keeps the process from deciding in these folders, given as this machine names them. Null as {@link exclusionOf}. */
export function exclusionFrom(
  process: ProcessSeen,
  folders: readonly string[],
  files: SettingsFiles,
): Exclusion | null {
  const way = productOf(process)?.way;
  return way === undefined ? null : exclusionOf(process, { way, folders }, files);
}

/** A problem with what it is about, and what it was found by. */
export interface ScannerTrouble {
  readonly problem: ProblemData;
  readonly item: string;
  readonly evidence: readonly string[];
}

/**
 * What antivirus will do to a pair, before it does. Pure.
 * @param isProtected - would what lies in this folder be protected?
 */
export function scannerTroubles(
  seen: readonly ScannerSeen[],
  isProtected: (folder: string) => boolean,
): readonly ScannerTrouble[] {
  const found = new Map<string, ScannerTrouble>();
  for (const { process, decidesIn } of seen) {
    const product = productOf(process);
    const unit = process.unit === null ? '' : `, unit ${process.unit}`;
    const evidence = [`${process.name} (process ${process.processId}${unit}) runs here`];
    for (const folder of product?.folders.filter(isProtected) ?? []) {
      const problem = new Problem('DIA-020', { product: product?.name ?? process.name, folder });
      found.set(`own ${folder}`, { problem: toData(problem), item: folder, evidence });
    }
    for (const path of decidesIn) {
      const exclusion = product?.exclusion ?? (product === null ? UNKNOWN_EXCLUSION : PRODUCT_EXCLUSION);
      const parameters = {
        product: product?.name ?? process.name,
        path,
        exclusion: exclusion.replaceAll('{path}', path),
      };
      found.set(`decides ${path}`, { problem: toData(new Problem('DIA-021', parameters)), item: path, evidence });
    }
  }
  return [...found.values()];
}

const PRODUCT_EXCLUSION = 'Exclude {path} from its on-access scans.';
const UNKNOWN_EXCLUSION = 'If it is antivirus or access control, exclude {path} from it.';

function productOf(process: { readonly name: string; readonly unit: string | null }): Product | null {
  const unit = process.unit?.replace(/(@[^.]*)?\.service$/, '') ?? '';
  return PRODUCTS.find(({ programs, units }) => programs.includes(process.name) || units.includes(unit)) ?? null;
}
