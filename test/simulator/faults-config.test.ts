import { faultRuns } from "./suite.ts";

faultRuns("config");
