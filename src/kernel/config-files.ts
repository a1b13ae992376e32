/** Small files, links and folders of this machine's own configuration. What is changed is durable on return. */
export interface ConfigFiles {
  /** Null where there is no such file. @throws FileError */
  read(path: string): string | null;
  /** A reader sees the old text or the new one, also after a power cut. @throws FileError */
  write(path: string, text: string, mode: number): void;
  /** Of a file or a link; nothing happens where there is none. @throws FileError */
  remove(path: string): void;
  /** Names in a folder, in order; empty where there is none. @throws FileError */
  list(folder: string): readonly string[];
  /** Where a link leads, as it says; null where there is no link. @throws FileError */
  linkTarget(path: string): string | null;
  /** @throws FileError EEXIST where something has that name. */
  link(path: string, target: string): void;
  isFolder(path: string): boolean;
  /** With what is missing above it. @throws FileError */
  makeFolder(path: string, mode: number): void;
  /** Of a text, in lower-case hexadecimal. */
  sha256(text: string): string;
  /** Where it is empty; otherwise, and where there is none, nothing happens. @throws FileError */
  removeFolder(path: string): void;
}
