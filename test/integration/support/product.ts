/** The sample product over HTTP, as its users see it. */
export class Product {
  readonly base: string;
  constructor(port: number, host = "127.0.0.1") {
    this.base = `http://${host}:${port}`;
  }

  async version(): Promise<{ readonly version: string; readonly system_identifier: string }> {
    return (await this.call("GET", "/api/version")).body as { version: string; system_identifier: string };
  }

  async signUp(username: string, password: string): Promise<number> {
    return (await this.call("POST", "/accounts/signup/", { username, password })).status;
  }

  async logIn(username: string, password: string): Promise<number> {
    return (await this.call("POST", "/api/login", { username, password })).status;
  }

  async makeDataset(name: string, graph: unknown): Promise<string> {
    const { status, body } = await this.call("POST", "/api/datasets", { name, graph });
    if (status !== 201) throw new Error(`a dataset was refused: ${status} ${JSON.stringify(body)}`);
    return (body as { id: string }).id;
  }

  async datasets(): Promise<readonly { readonly id: string; readonly name: string; readonly file_present: boolean }[]> {
    return (await this.call("GET", "/api/datasets")).body as { id: string; name: string; file_present: boolean }[];
  }

  async dataset(id: string): Promise<{ readonly status: number; readonly body: unknown }> {
    return await this.call("GET", `/api/datasets/${id}`);
  }

  private async call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      signal: AbortSignal.timeout(15_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    try {
      return { status: response.status, body: JSON.parse(text) };
    } catch {
      return { status: response.status, body: text };
    }
  }
}
