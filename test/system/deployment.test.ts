// What deploy/ promises, as far as it can be proven without a container engine, a cluster or systemd as the first process: the same user,
// the same read-only files, the same environment and the same signals, for a real process.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";

const run = promisify(execFile);
const read = (path: string) => readFile(join("deploy", path), "utf8");

/** Every document of a YAML file. */
async function yaml<T>(path: string): Promise<T[]> {
  const program = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
  const { stdout } = await run("/usr/bin/python3", ["-c", program, join("deploy", path)]);
  return JSON.parse(stdout) as T[];
}

interface Image {
  user: string;
  environment: Record<string, string>;
  volume: string;
  command: string[];
}

/** What the image fixes. */
async function image(): Promise<Image> {
  const lines = (await read("Dockerfile")).split("\n");
  const last = (name: string) => lines.findLast((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "";
  const environment = lines.filter((line) => line.startsWith("ENV ")).map((line) => line.slice(4).split("=") as [string, string]);
  return {
    user: last("USER"),
    environment: Object.fromEntries(environment),
    volume: last("VOLUME"),
    command: JSON.parse(last("CMD")) as string[],
  };
}

describe("the image's contract", () => {
  let folder: string;
  let child: ChildProcess | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "guestpass-image-"));
    await chmod(folder, 0o755);
  });
  after(async () => {
    child?.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  it("holds: uid 65532, nothing writable but its volume, secrets in a file, probes, SIGTERM", async () => {
    const { user, environment, volume, command } = await image();
    expect({ user, volume, command }).to.deep.equal({
      user: "65532:65532",
      volume: "/data",
      command: ["node", "dist/src/cli/main.js", "serve"],
    });
    const [uid, gid] = user.split(":").map(Number) as [number, number];
    const [data, elsewhere, secrets] = ["data", "elsewhere", "secrets"].map((name) => join(folder, name)) as [string, string, string];
    for (const path of [data, elsewhere, secrets]) await mkdir(path);
    await chown(data, uid, gid);
    await chmod(data, 0o700);
    await chmod(elsewhere, 0o777);
    const port = await freePort();
    const configuration = join(secrets, "guestpass.json");
    const secret = "a secret of the tests that is long enough";
    const mail = { smtpUrl: "smtp://127.0.0.1:9", from: "Guests <guests@idp.example>" };
    await writeFile(configuration, JSON.stringify({ mode: "production", issuer: `http://localhost:${port}`, secret, mail }), {
      mode: 0o440,
    });
    await chown(configuration, 0, gid);
    const settings = {
      ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value === volume ? data : value])),
      GUESTPASS_PORT: String(port),
      GUESTPASS_CONFIG: configuration,
      PATH: process.env["PATH"] ?? "",
    };
    const asUser = `setpriv --reuid ${uid} --regid ${gid} --clear-groups --no-new-privs --bounding-set -all --inh-caps -all`;
    const script = `set -e
      mount --bind "$1" "$1"
      findmnt -rno TARGET | while read -r target; do [ "$target" = "$1" ] || mount -o remount,bind,ro "$target" 2>/dev/null || true; done
      if ${asUser} touch "$2/file" 2>/dev/null; then echo "the root is writable" >&2; exit 1; fi
      shift 2
      exec ${asUser} env -i "$@"`;
    const assignments = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const program = [process.execPath, join(process.cwd(), "src/cli/main.ts"), "serve"];
    const args = ["--mount", "--propagation", "private", "sh", "-c", script, "sh", data, elsewhere, ...assignments, ...program];
    child = spawn("unshare", args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = new Promise<number | null>((resolve) => child?.once("close", resolve));
    const answer = (path: string) =>
      fetch(`http://127.0.0.1:${port}${path}`)
        .then(({ status }) => status)
        .catch(() => 0);
    await eventually("it is ready", async () => {
      if (child?.exitCode !== null) throw new Error(said);
      return (await answer("/readyz")) === 200;
    });
    expect(await answer("/healthz")).to.equal(200);
    const status = await readFile(`/proc/${child.pid}/status`, "utf8");
    expect(status)
      .to.match(/^Uid:\t65532\t65532\t65532\t65532$/m)
      .and.to.match(/^CapEff:\t0+$/m)
      .and.to.match(/^NoNewPrivs:\t1$/m);
    const database = await stat(join(data, "guestpass.db"));
    expect({ uid: database.uid, mode: database.mode & 0o777 }).to.deep.equal({ uid, mode: 0o600 });
    expect(await readFile(`/proc/${child.pid}/environ`, "utf8"), "the secret is in no environment").not.to.contain(secret);
    child.kill("SIGTERM");
    expect(await ended, said).to.equal(0);
    expect(said).not.to.match(/EROFS|EACCES|"level":(50|60)/);
  });

  it("is what the compose file runs: the same user, a read-only root, no capabilities, the secret as a file", async () => {
    interface Service {
      user?: string;
      read_only?: boolean;
      cap_drop?: string[];
      security_opt?: string[];
      volumes: string[];
      environment: Record<string, string>;
      secrets: string[];
    }
    const [compose] = await yaml<{ services: Record<"guestpass" | "postgres", Service>; secrets: object }>("compose/compose.yaml");
    const { user, volume } = await image();
    const { guestpass, postgres } = compose?.services ?? ({} as never);
    expect(guestpass).to.deep.include({ user, read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(guestpass?.volumes).to.deep.equal([`guestpass:${volume}`]);
    expect(compose?.secrets).to.have.keys(...(guestpass?.secrets ?? []), ...(postgres?.secrets ?? []));
    expect(guestpass?.environment["GUESTPASS_CONFIG"]).to.equal(`/run/secrets/${guestpass?.secrets[0]}`);
    const example = JSON.parse(await read("guestpass.example.json")) as object;
    expect(example).to.have.keys("issuer", "secret", "trustedProxies", "database", "mail");
  });

  it("is what the Kubernetes manifests run, by the rules of PodSecurity's restricted", async () => {
    const documents = await yaml<{ kind: string; metadata: { labels?: Record<string, string> } }>("kubernetes/guestpass.yaml");
    const of = (kind: string) => documents.find((each) => each.kind === kind);
    expect(of("Namespace")?.metadata.labels).to.include({ "pod-security.kubernetes.io/enforce": "restricted" });
    interface Pod {
      hostNetwork?: boolean;
      hostPID?: boolean;
      hostIPC?: boolean;
      automountServiceAccountToken: boolean;
      securityContext: { runAsNonRoot: boolean; runAsUser: number; seccompProfile: { type: string } };
      volumes: Record<string, unknown>[];
      containers: {
        env: { name: string; value: string }[];
        securityContext: {
          allowPrivilegeEscalation: boolean;
          readOnlyRootFilesystem: boolean;
          capabilities: { drop: string[]; add?: string[] };
        };
        volumeMounts: { mountPath: string; readOnly?: boolean }[];
        ports: { name: string; containerPort: number }[];
        [probe: `${string}Probe`]: { httpGet: { path: string; port: string } };
      }[];
    }
    const pod = (of("Deployment") as unknown as { spec: { template: { spec: Pod } } }).spec.template.spec;
    expect([pod.hostNetwork, pod.hostPID, pod.hostIPC]).to.deep.equal([undefined, undefined, undefined]);
    expect(pod.automountServiceAccountToken).to.equal(false);
    expect(pod.securityContext).to.deep.include({ runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } });
    const allowed = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
    for (const each of pod.volumes) for (const kind of Object.keys(each)) expect(["name", ...allowed]).to.include(kind);
    const [container] = pod.containers;
    expect(container?.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    const { environment, volume } = await image();
    expect(container?.volumeMounts.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath)).to.deep.equal([volume]);
    expect(container?.ports[0]?.containerPort).to.equal(Number(environment["GUESTPASS_PORT"]));
    expect([container?.livenessProbe, container?.readinessProbe].map((probe) => probe?.httpGet)).to.deep.equal([
      { path: "/healthz", port: "http" },
      { path: "/readyz", port: "http" },
    ]);
    const [kustomization] = await yaml<{ resources: string[]; secretGenerator: { name: string; files: string[] }[] }>(
      "kubernetes/kustomization.yaml",
    );
    expect(kustomization?.resources).to.deep.equal(["guestpass.yaml"]);
    expect(container?.env[0]?.value).to.equal(`/etc/guestpass/${kustomization?.secretGenerator[0]?.files[0]}`);
  });

  it("has a systemd unit that systemd accepts, and finds little exposed", async () => {
    const unit = (await read("systemd/guestpass.service")).replace(/^ExecStart=.*/m, "ExecStart=/bin/true serve");
    const path = join(folder, "guestpass.service");
    await writeFile(path, unit);
    const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", path]);
    // Where systemd does not run, it says so of other units than ours.
    expect(`${stdout}${stderr}`.split("\n").filter((line) => line.includes("guestpass.service"))).to.deep.equal([]);
    // In tenths: 9.9 is a unit that restricts nothing.
    await run("systemd-analyze", ["security", "--offline=true", "--threshold=15", path]);
  });
});

describe("the monitoring of Guestpass", () => {
  let guestpass: Guestpass;
  let folder: string;
  let metrics: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "guestpass-dashboard-"));
    const token = "a-token-for-metrics-that-is-long-enough";
    guestpass = await Guestpass.start({ GUESTPASS_METRICS_TOKEN: token });
    const answer = await fetch(`${guestpass.issuer}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    metrics = [...(await answer.text()).matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = "", type]) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    );
  });
  after(async () => {
    await guestpass.stop();
    await rm(folder, { recursive: true });
  });

  const named = (text: string) => [...new Set(text.match(/\b(?:guestpass|process|nodejs)_[a-z0-9_]+\b/g))];

  it("alerts by rules that Prometheus accepts, and that fire when they should", async () => {
    await run("promtool", ["check", "rules", "deploy/prometheus/alerts.yml"]);
    await run("promtool", ["test", "rules", "alerts.test.yml"], { cwd: "deploy/prometheus" });
    const [rules] = await yaml<{ groups: { rules: { expr: string }[] }[] }>("prometheus/alerts.yml");
    for (const { expr } of rules?.groups.flatMap((group) => group.rules) ?? [])
      for (const name of named(expr)) expect(metrics, expr).to.include(name);
  });

  it("has a dashboard of existing metrics, and of every one that Guestpass counts", async () => {
    const dashboard = JSON.parse(await read("prometheus/grafana-dashboard.json")) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    for (const expr of expressions) for (const name of named(expr)) expect(metrics, expr).to.include(name);
    const recorded = expressions.map((expr, index) => ({ record: `dashboard:${index}`, expr }));
    const path = join(folder, "dashboard.yml");
    await writeFile(path, JSON.stringify({ groups: [{ name: "dashboard", rules: recorded }] }));
    await run("promtool", ["check", "rules", path]);
    const drawn = named(expressions.join("\n")).map((name) => name.replace(/_(bucket|count|sum)$/, ""));
    const counted = new Set(
      metrics.filter((name) => name.startsWith("guestpass_")).map((name) => name.replace(/_(bucket|count|sum)$/, "")),
    );
    expect(drawn).to.include.members([...counted]);
  });
});
