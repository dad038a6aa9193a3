/** Everyday words of the demo's vocabulary; each becomes one token with the space before it, and some also without. */
export const words =
  `the a an and or but because so that this these those it he she they we you I his her their our
my your is was are were be been has have had do did not no yes said says told asked thought knew felt saw heard went
came took gave made found left kept who what when where why how which there here then now again always never often
today yesterday morning night day week year time way world life work home house school hospital office street city
river garden kitchen table door window book letter word story song picture question answer name friend mother father
sister brother doctor nurse teacher student engineer lawyer writer cook farmer child man woman boy girl people person
cat dog bird horse fish tree flower sun moon rain snow wind water fire bread milk tea coffee red blue green white
black old young new good bad big small long short happy sad kind angry tired quiet loud bright dark warm cold very
too more most some many few one two three first last next other same with without from to in on at by for of into
over under after before about like than as if while until would could should can will may must open close read write
run walk sing speak help want need love like look wait bring`.split(/\s+/);

/** Words that also begin a text, without a space. */
export const openers = ["The", "A", "She", "He", "They", "We", "It", "I", "When", "Mr", "Mrs", "the", "a"];
