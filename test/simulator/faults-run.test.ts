import { faultRuns } from "./suite.ts";

faultRuns("run");
