import { faultRuns } from "./suite.ts";

faultRuns("remove");
