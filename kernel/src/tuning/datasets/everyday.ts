import type { Displayable } from "../../display/index.js";
import { sentiment, shownTexts, type LabelledTexts } from "./labelled.js";
import { sha256Of } from "./source.js";

// Written for this project, so that tuning and its notebooks run from a clone with nothing fetched.
const negative = `The soup was cold and tasted of nothing.
I waited an hour and nobody came.
This is the worst coat I ever bought.
The room smelled and the bed was broken.
Our train was late again and very crowded.
He forgot my birthday, which hurt.
What a dreary and pointless film.
The roof leaks and they refuse to mend it.
I am tired of these rude letters.
The cake was dry and the coffee bitter.
Sadly the garden was ruined by the storm.
She lost her keys and missed the concert.
The service was slow and the waiter grumpy.
My new phone broke after two days.
I regret that we ever moved here.
The noise next door is unbearable.
It was a dull talk and far too long.
They cheated us out of our deposit.
The bread was stale and full of holes.
Nobody enjoyed the miserable weather.
The book bored me from the first page.
We were disappointed by the dirty beach.
The repair failed and cost a fortune.
I hate how cold this office is.
A terrible match, we lost badly.
The paint peels and looks awful.
My tooth aches and the dentist is away.
The meeting was a waste of time.
The path was muddy and my boots leaked.
It is sad that the old cinema closed.`;

const neutral = `The bus stops at the corner of the square.
There are nine chairs in the room.
The shop opens at eight on weekdays.
She put the parcel on the table.
The river runs from north to south.
The form has two pages.
He works on the third floor.
The meeting is on Tuesday.
A kilogram has a thousand grams.
The box contains screws and nails.
They live in a house with a green door.
The ticket is valid for two hours.
I read the paper after breakfast.
The lecture begins at a quarter past ten.
The bridge was built of stone.
Milk is in the second aisle.
The report lists the members by name.
The train has six carriages.
He wrote the address on the envelope.
The lamp stands beside the sofa.
We turned left at the church.
The recipe needs three eggs.
The museum is next to the station.
Her coat hangs behind the door.
The letter arrived on Monday.
The pond is two metres deep.
The keys are in the top drawer.
The choir meets in the school.
The wall is painted white.
The parcel weighs about a pound.`;

const positive = `The soup was delicious and the bread fresh.
What a lovely surprise to see you here.
This is the best coat I ever had.
The room was bright and beautifully clean.
Our train was early and had plenty of room.
She remembered my birthday, which made me happy.
A wonderful film, funny and warm.
They mended the roof quickly and well.
I am grateful for your kind letters.
The cake was superb and the coffee perfect.
Luckily the garden is in full bloom.
She won the prize and we all cheered.
The service was quick and the waiter charming.
My new phone works like a dream.
I am so glad that we moved here.
The music next door is a delight.
It was a brilliant talk, I learned a lot.
They gave us a generous discount.
The bread smells wonderful this morning.
Everybody enjoyed the glorious weather.
The book thrilled me from the first page.
We were delighted by the clean beach.
The repair worked and cost very little.
I love how sunny this office is.
A fantastic match, we won easily.
The paint shines and looks splendid.
My cold is gone and I feel great.
The meeting was friendly and useful.
The path was easy and the view superb.
It is great that the old cinema reopened.`;

const texts = [negative, neutral, positive];
const [inTraining, ofEach] = [20, 30];

/**
 * Ninety labelled sentences of everyday life, as many negative, neutral and positive: the first twenty of each class for
 * training, the others for validation.
 */
export function everydaySentences(split: "train" | "validation"): LabelledTexts & Displayable {
  const [from, to] = split === "train" ? [0, inTraining] : [inTraining, ofEach];
  const rows = texts.flatMap((list, label) =>
    list
      .split("\n")
      .slice(from, to)
      .map((text) => ({ text, label })),
  );
  return shownTexts({
    name: `everyday sentences (${split})`,
    classes: sentiment,
    rows,
    dropped: 0,
    sha256: sha256Of(JSON.stringify(rows)),
  });
}
