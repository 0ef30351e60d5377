import { faultRuns } from "./suite.ts";

faultRuns("copy-copy");
