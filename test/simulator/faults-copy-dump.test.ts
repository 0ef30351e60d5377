import { faultRuns } from "./suite.ts";

faultRuns("copy-dump");
