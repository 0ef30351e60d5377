import { faultRuns } from "./suite.ts";

faultRuns("backup");
