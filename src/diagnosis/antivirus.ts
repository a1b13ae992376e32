/** An antivirus product, by what of it runs. */
interface Product {
  readonly name: string;
  /** Programs, as the kernel names them: at most 15 bytes. */
  readonly programs: readonly string[];
  /** Units of systemd without `.service`, and without an instance after `@`. */
  readonly units: readonly string[];
}

const PRODUCTS: readonly Product[] = [
  {
    name: 'ClamAV',
    programs: ['clamd', 'clamonacc', 'freshclam', 'clamscan', 'clamdscan', 'clamav-milter'],
    units: ['clamav-daemon', 'clamav-clamonacc', 'clamonacc', 'clamav-freshclam', 'clamd'],
  },
  { name: 'Microsoft Defender', programs: ['wdavdaemon', 'mdatp'], units: ['mdatp'] },
  {
    name: 'CrowdStrike Falcon',
    programs: ['falcon-sensor', 'falcon-sensor-b', 'falcond'],
    units: ['falcon-sensor'],
  },
  {
    name: 'Sophos',
    programs: ['savd', 'savscand', 'sophos_threat_d', 'soapd', 'safestore'],
    units: ['sav-protect', 'sophos-spl'],
  },
  { name: 'SentinelOne', programs: ['s1-agent', 's1-scanner', 's1-orchestrator'], units: ['sentinelone'] },
  { name: 'ESET', programs: ['esets_daemon', 'oaeventd', 'odfeeder', 'scand'], units: ['eea', 'efs', 'esets'] },
  { name: 'Trellix (McAfee)', programs: ['mfetpd', 'mfetpcli', 'nails', 'isecoasmgr'], units: ['mfetpd', 'nails'] },
  { name: 'Trend Micro', programs: ['ds_agent', 'ds_am', 'splxmain', 'vsapiapp'], units: ['ds_agent', 'splx'] },
  { name: 'Kaspersky', programs: ['kesl', 'wdserver'], units: ['kesl', 'kesl-supervisor'] },
  { name: 'Bitdefender', programs: ['bdsecd', 'epagd', 'epsecurityservi'], units: ['bdsec'] },
  { name: 'Symantec', programs: ['rtvscand', 'sisamddaemon', 'sisidsdaemon', 'sisipsdaemon'], units: ['rtvscand'] },
  { name: 'Dr.Web', programs: ['drweb-filecheck', 'drweb-spider', 'drweb-se'], units: ['drweb-configd'] },
  { name: 'WithSecure (F-Secure)', programs: ['fsoasd', 'fsavd', 'fsicd'], units: ['fsma', 'f-secure-linuxsecurity'] },
  { name: 'Cortex XDR', programs: ['traps_pmd', 'pmd'], units: ['traps_pmd'] },
];

/** The antivirus product that a process belongs to; null where none is known. Pure. */
export function antivirusOf(process: { readonly name: string; readonly unit: string | null }): string | null {
  const unit = process.unit?.replace(/(@[^.]*)?\.service$/, '') ?? '';
  const found = PRODUCTS.find(({ programs, units }) => programs.includes(process.name) || units.includes(unit));
  return found?.name ?? null;
}
