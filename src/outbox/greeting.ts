// The extensions that a mail server offers (EHLO), read on a separate connection: if SMTPUTF8 or a login is not offered, nodemailer
// sends without it and does not say so.
export interface Greeting {
  /** @param extension a keyword of RFC 5321, 4.1.1.1, in upper case */
  offers(extension: string): boolean;
  /** Whether it offers a login (AUTH). */
  login: boolean;
}

/**
 * @param server as nodemailer's transports describe it in `options`
 * @throws if the server does not answer, or once the signal is aborted
 */
export async function greet(server: object, signal: AbortSignal): Promise<Greeting> {
  const { default: SMTPConnection } = await import("nodemailer/lib/smtp-connection");
  const connection = new SMTPConnection(server);
  try {
    return await new Promise<Greeting>((resolve, reject) => {
      const abort = () => reject(Object.assign(new Error("Greeting aborted"), { code: "EABORT", command: "CONN" }));
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      connection.once("error", reject);
      connection.once("end", () => reject(Object.assign(new Error("Connection closed"), { code: "ECONNECTION", command: "CONN" })));
      connection.connect((error) => {
        signal.removeEventListener("abort", abort);
        if (error) return reject(error);
        const said = String(connection.lastServerResponse);
        resolve({ offers: (extension) => new RegExp(`^250[ -]${extension}\\b`, "im").test(said), login: connection.allowsAuth });
      });
    });
  } finally {
    connection.on("error", () => undefined);
    connection.close();
  }
}
