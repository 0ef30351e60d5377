import { faultRuns } from "./suite.ts";

faultRuns("install");
