// What comes first in every command, in the JavaScript of 2009: an old Node cannot even read the rest.
var least = [20, 19, 0];
var own = process.versions.node.split(".").map(Number);
var differs = [0, 1, 2].filter(function (i) {
  return own[i] !== least[i];
})[0];
if (differs !== undefined && own[differs] < least[differs]) {
  var cure = "see https://nodejs.org/en/download";
  if (process.platform === "darwin") cure = "brew install node@22";
  else if (require("child_process").spawnSync("apt-get", ["--version"]).status === 0)
    cure = "curl -fsSL https://deb.nodesource.com/setup_22.x | sudo bash - && sudo apt-get install nodejs";
  console.error(
    "Node " + process.versions.node + " is too old, Vitrail needs " + least.join(".") + " or later: " + cure,
  );
  process.exit(1);
}
