import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A key and a certificate that nobody vouches for (PEM), for localhost, made by Debian's openssl. @param kind of key, as its -newkey takes it */
export function certificate(kind = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]): { key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), "guestpass-tls-"));
  const [keyFile, certFile] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const what = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"];
  const how = ["-x509", "-newkey", ...kind, "-nodes"];
  try {
    execFileSync("/usr/bin/openssl", ["req", ...how, ...what, "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
    return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
