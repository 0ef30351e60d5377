import { faultRuns } from "./suite.ts";

faultRuns("restore");
